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
      MLFLOW_TRACKING_URI = aws_ssm_parameter.tracking_uri.arn
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
  name             = local.api_key_parameter
  description      = "API key that clients of the models send"
  type             = "SecureString"
  value_wo         = var.random_api_key ? ephemeral.aws_secretsmanager_random_password.api_key[0].random_password : var.api_key
  value_wo_version = var.api_key_version
}

# Accepted beside the first key, so that one can be rotated without a failed request; equal to it but for a rotation.
resource "aws_ssm_parameter" "api_key_other" {
  name             = "${local.api_key_parameter}-other"
  description      = "API key that is accepted too while the key is rotated"
  type             = "SecureString"
  value_wo         = var.random_api_key ? ephemeral.aws_secretsmanager_random_password.api_key[0].random_password : var.api_key
  value_wo_version = var.api_key_version
}

ephemeral "aws_secretsmanager_random_password" "database_username" {
  count    = var.random_database_credentials ? 1 : 0
  provider = aws.ephemeral

  password_length     = 15
  exclude_punctuation = true
  exclude_uppercase   = true
}

ephemeral "aws_secretsmanager_random_password" "database_password" {
  count    = var.random_database_credentials ? 1 : 0
  provider = aws.ephemeral

  password_length     = 40
  exclude_punctuation = true # it travels in a URL
}

resource "aws_ssm_parameter" "database_username" {
  name             = local.parameters.database_username
  description      = "User of the MLflow database"
  type             = "SecureString"
  value_wo         = var.random_database_credentials ? "u${ephemeral.aws_secretsmanager_random_password.database_username[0].random_password}" : var.database_username
  value_wo_version = var.database_credentials_version
}

resource "aws_ssm_parameter" "database_password" {
  name             = local.parameters.database_password
  description      = "Password of the MLflow database"
  type             = "SecureString"
  value_wo         = var.random_database_credentials ? ephemeral.aws_secretsmanager_random_password.database_password[0].random_password : var.database_password
  value_wo_version = var.database_credentials_version
}

resource "aws_ssm_parameter" "tracking_uri" {
  name             = local.parameters.tracking_uri
  description      = "Where tasks find MLflow"
  type             = "SecureString"
  value_wo         = var.mlflow_tracking_uri == null ? "http://127.0.0.1:5001" : var.mlflow_tracking_uri
  value_wo_version = var.mlflow_tracking_uri_version
}
