"""What goes into the image: a bundle behind an HTTP API."""
