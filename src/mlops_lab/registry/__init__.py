"""What is kept of a model: runs and versions in MLflow, bundles in a versioned bucket."""
