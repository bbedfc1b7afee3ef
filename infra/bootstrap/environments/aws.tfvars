# An AWS account.

environment  = "aws"
history_days = 90
