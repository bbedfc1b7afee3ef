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
