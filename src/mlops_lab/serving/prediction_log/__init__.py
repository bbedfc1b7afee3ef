"""The prediction log: what was answered, written down before the answer goes out, and shipped to S3 afterwards."""
