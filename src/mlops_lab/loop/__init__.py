"""The loop that closes by itself: traffic, drift, retraining, gate, registry, deployment, promotion."""
