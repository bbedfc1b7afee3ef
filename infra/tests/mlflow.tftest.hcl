# The MLflow server: closed to everybody who is not named, its stores' addresses out of every file, one task at a time.

mock_provider "aws" {
  source = "./tests/mocks"
}

# Configured, because the configuration names it, and never called: no value is random here.
provider "aws" {
  alias                       = "ephemeral"
  region                      = "us-east-1"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  environment    = "test"
  random_api_key = false
  api_key        = "a key for tests only"

  mlflow_url               = null # whatever TF_VAR_mlflow_url says here
  random_database_password = false
  database_password        = "apasswordfortestsonly"
  mlflow_tracking_uri      = "https://mlflow.example.invalid"
}

run "nobody_outside_reaches_the_server_unless_named" {
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.mlflow_client) == 0
    error_message = "without mlflow_cidrs the balancer must admit nobody to MLflow"
  }

  assert {
    condition     = output.mlflow_url == "http://mlflow.mlops-lab.internal:5000" && length(aws_service_discovery_service.mlflow) == 1
    error_message = "tasks must find the server by a name in the VPC"
  }
}

run "the_stores_come_from_ssm_and_one_task_writes" {
  assert {
    condition     = toset([for secret in jsondecode(aws_ecs_task_definition.mlflow.container_definitions)[0].secrets : secret.name]) == toset(["MLFLOW_ARTIFACTS_DESTINATION", "MLFLOW_BACKEND_STORE_URI"])
    error_message = "both stores must come from SSM"
  }

  assert {
    condition     = aws_ecs_service.mlflow.deployment_maximum_percent == 100 && aws_ecs_service.mlflow.desired_count == 0
    error_message = "two servers must never run at once, and none before the first release"
  }

  assert {
    condition     = aws_ssm_parameter.mlflow_store.type == "SecureString" && aws_ssm_parameter.mlflow_store.name == "/mlops-lab/mlflow/backend-store-uri"
    error_message = "the backend store's URI must be a SecureString"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.mlflow.policy).Statement : alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*")])])
    error_message = "actions must be literal"
  }

  assert {
    condition     = length(aws_db_instance.mlflow) == 0
    error_message = "a database must be asked for"
  }
}

run "a_database_replaces_the_volume_and_keeps_its_password_out" {
  variables {
    mlflow_database = {}
  }

  assert {
    condition     = length(aws_db_instance.mlflow) == 1 && !aws_db_instance.mlflow[0].publicly_accessible && aws_db_instance.mlflow[0].storage_encrypted
    error_message = "the database must be private and encrypted"
  }

  assert {
    condition     = length([for volume in aws_ecs_task_definition.mlflow.volume : volume if volume.name == "mlflow"]) == 0
    error_message = "with a database no volume must be kept"
  }

  assert {
    condition     = !strcontains(aws_ecs_task_definition.mlflow.container_definitions, "apasswordfortestsonly")
    error_message = "the password must not be in the task definition"
  }
}

run "the_whole_internet_is_refused" {
  command = plan

  variables {
    mlflow_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.mlflow_cidrs]
}
