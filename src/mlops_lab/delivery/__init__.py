"""From a model version to a live API: image, deploy."""
