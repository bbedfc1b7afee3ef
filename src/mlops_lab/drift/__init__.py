"""Drift of a live model: its log from S3, the comparison, and where the verdict goes."""
