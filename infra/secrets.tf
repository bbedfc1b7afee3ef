# What a task must know and nobody may read: neither the state nor a plan holds the value.

# What each kind of task gets: the variable, and the parameter that it comes from. Its definition names these, and the
# role that starts it may read these and no others.
locals {
  secrets = {
    serve = {
      API_KEY       = aws_ssm_parameter.api_key.arn
      API_KEY_OTHER = aws_ssm_parameter.api_key_other.arn
    }
    retrain = {
      LAB_MLFLOW = aws_ssm_parameter.tracking_uri.arn
    }
    mlflow = {
      MLFLOW_ARTIFACTS_DESTINATION = aws_ssm_parameter.mlflow_artifacts.arn
      MLFLOW_BACKEND_STORE_URI     = aws_ssm_parameter.mlflow_store.arn
    }
  }
}

ephemeral "aws_secretsmanager_random_password" "api_key" {
  count    = var.random_api_key ? 1 : 0
  provider = aws.ephemeral

  password_length     = 40
  exclude_punctuation = true # it travels in an HTTP header
}

resource "aws_ssm_parameter" "api_key" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = local.api_key_parameter
  description      = "API key that clients of the models send"
  type             = "SecureString"
  value_wo         = var.random_api_key ? ephemeral.aws_secretsmanager_random_password.api_key[0].random_password : var.api_key
  value_wo_version = var.api_key_version
}

# Accepted beside the first key, so that one can be rotated without a failed request; equal to it but for a rotation.
resource "aws_ssm_parameter" "api_key_other" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = "${local.api_key_parameter}-other"
  description      = "API key that is accepted too while the key is rotated"
  type             = "SecureString"
  value_wo         = var.random_api_key ? ephemeral.aws_secretsmanager_random_password.api_key[0].random_password : var.api_key
  value_wo_version = var.api_key_version
}

ephemeral "aws_secretsmanager_random_password" "database" {
  count    = var.random_database_password ? 1 : 0
  provider = aws.ephemeral

  password_length     = 40
  exclude_punctuation = true # it is part of a URI
}

locals {
  database_username = "mlflow"
  database_password = var.random_database_password ? one(ephemeral.aws_secretsmanager_random_password.database[*].random_password) : var.database_password
  # What holds the password is written together, also when the database comes or goes: each run draws another one.
  database_version = 2 * var.database_password_version + length(local.database)
}

resource "aws_ssm_parameter" "database_username" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = local.parameters.database_username
  description      = "User of the MLflow database"
  type             = "SecureString"
  value_wo         = local.database_username
  value_wo_version = local.database_version

  tags = { Service = "mlflow" }
}

resource "aws_ssm_parameter" "database_password" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = local.parameters.database_password
  description      = "Password of the MLflow database"
  type             = "SecureString"
  value_wo         = local.database_password
  value_wo_version = local.database_version

  tags = { Service = "mlflow" }
}

# With a database the URI holds its password.
resource "aws_ssm_parameter" "mlflow_store" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = local.parameters.mlflow_store
  description      = "Where the MLflow server keeps runs and the registry"
  type             = "SecureString"
  value_wo         = var.mlflow_database == null ? "sqlite:///${local.mlflow_folder}/mlflow.db" : "postgresql://${local.database_username}:${local.database_password}@${one(aws_db_instance.mlflow[*].endpoint)}/mlflow"
  value_wo_version = local.database_version

  tags = { Service = "mlflow" }
}

resource "aws_ssm_parameter" "mlflow_artifacts" {
  #checkov:skip=CKV2_AWS_34:the address of a bucket is no secret
  name        = local.parameters.mlflow_artifacts
  description = "Where the MLflow server keeps artefacts"
  type        = "String"
  value       = "s3://${aws_s3_bucket.this["models"].id}/${local.mlflow_artifacts}"

  tags = { Service = "mlflow" }
}

# Without an address of your own it is the lab's server's, which is no secret: a change of that writes it anew.
resource "aws_ssm_parameter" "tracking_uri" {
  #checkov:skip=CKV_AWS_337:SecureString with the key that AWS manages for SSM, which is free; roles name each parameter
  name             = local.parameters.tracking_uri
  description      = "Where tasks find MLflow"
  type             = "SecureString"
  value_wo         = var.mlflow_tracking_uri == null ? local.mlflow_url : var.mlflow_tracking_uri
  value_wo_version = coalesce(var.mlflow_tracking_uri_version, parseint(substr(sha256(local.mlflow_url), 0, 6), 16))

  tags = { Service = "mlflow" }
}
