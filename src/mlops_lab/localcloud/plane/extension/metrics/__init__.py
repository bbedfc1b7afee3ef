"""CloudWatch's metrics: a compact store in place of moto's list of every value."""
