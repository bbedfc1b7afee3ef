"""Adapters to AWS through boto3, one noun each."""
