"""Raw data: loading with its hash, schemas at the doors, and splits."""
