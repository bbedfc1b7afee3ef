# What everything is called: the same names as src/mlops_lab/catalog.py.

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition

  tags = {
    Project     = var.name
    Environment = var.environment
    ManagedBy   = "terraform"
  }

  tracks = ["stable", "canary"]

  # One entry per ECS service: "income-stable" = { project = "income", track = "stable" }.
  services = {
    for pair in setproduct(keys(var.projects), local.tracks) :
    "${pair[0]}-${pair[1]}" => { project = pair[0], track = pair[1] }
  }
  stable = { for key, service in local.services : service.project => key if service.track == "stable" }

  # The projects whose training a notebook reports on.
  reported = { for key, project in var.projects : key => project if project.report != null }

  buckets = {
    models      = "${var.name}-models-${local.account}"
    predictions = "${var.name}-predictions-${local.account}"
  }
  bucket_arns = { for key, bucket in local.buckets : key => "arn:${local.partition}:s3:::${bucket}" }

  container         = "api"
  api_key_parameter = "/${var.name}/api-key"
  schedule_group    = var.name

  parameters = {
    database_username = "/${var.name}/database/username"
    database_password = "/${var.name}/database/password"
    mlflow_artifacts  = "/${var.name}/mlflow/artifacts-destination"
    mlflow_store      = "/${var.name}/mlflow/backend-store-uri"
    tracking_uri      = "/${var.name}/mlflow/tracking-uri"
  }
}
