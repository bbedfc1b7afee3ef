# What a task must know and nobody may read: neither the state nor a plan holds the value.

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
