"""MLOps Portfolio Lab: two machine-learning projects through the whole production lifecycle on AWS ECS."""
