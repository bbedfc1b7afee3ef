# An AWS account. Everything else is the default: see variables.tf.

environment        = "aws"
history_days       = 90
log_retention_days = 30
mlflow_database    = {} # Postgres; mlflow_cidrs says who else may open the server's pages
