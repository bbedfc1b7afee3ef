"""What the lab costs: refused in advance, projected from the plan, read back from AWS, measured against limits."""
