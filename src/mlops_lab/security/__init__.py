"""What a security reviewer asks of the lab, answered by looking."""
