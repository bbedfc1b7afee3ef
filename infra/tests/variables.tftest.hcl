# A value that AWS would refuse after minutes is refused before anything is made.

mock_provider "aws" {
  source = "./tests/mocks"
}

# Configured, because the configuration names it, and never called: random_api_key is off.
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

  random_database_password = false
  database_password        = "passwordfortestsonly"
  mlflow_tracking_uri      = "https://mlflow.example.invalid"
}

run "a_project_named_in_capitals_is_refused" {
  command = plan

  variables {
    projects = { Income = { repository = "mlops-api-1" } }
  }

  expect_failures = [var.projects]
}

run "a_project_too_long_for_a_target_group_is_refused" {
  command = plan

  variables {
    projects = { incomeprediction = { repository = "mlops-api-1" } }
  }

  expect_failures = [var.projects]
}

run "projects_that_share_a_repository_are_refused" {
  command = plan

  variables {
    projects = { income = { repository = "mlops-api-1" }, taxi = { repository = "mlops-api-1" } }
  }

  expect_failures = [var.projects]
}

run "memory_that_fargate_does_not_pair_with_the_cpu_is_refused" {
  command = plan

  variables {
    projects = { income = { repository = "mlops-api-1", cpu = 256, memory = 4096 } }
  }

  expect_failures = [var.projects]
}

run "more_minimum_than_maximum_tasks_is_refused" {
  command = plan

  variables {
    projects = { income = { repository = "mlops-api-1", min_tasks = 4 } }
  }

  expect_failures = [var.projects]
}

run "no_project_at_all_is_refused" {
  command = plan

  variables {
    projects = {}
  }

  expect_failures = [var.projects]
}

run "a_value_that_aws_would_refuse_is_refused" {
  command = plan

  variables {
    region                    = "virginia"
    network_layout            = "public"
    vpc_cidr                  = "10.20.0.0/28"
    allowed_cidrs             = ["anyone"]
    certificate_arn           = "certificate"
    health_check              = { interval = 2 } # AWS: at least 5
    health_check_grace_period = -1
    deregistration_delay      = 3601
    max_retries               = 0
    stop_timeout              = 300 # Fargate: at most 120
    cpu_architecture          = "RISCV"
    scaling                   = { cpu_percent = 100 }
    metric_period             = 45 # CloudWatch: 10, 20, 30 or whole minutes
    alarms                    = { cpu_percent = 120 }
    api_key                   = "short"
    api_key_version           = 0.5
    database_password         = "short"
    mlflow_tracking_uri       = "nowhere"

    database_password_version   = 0
    mlflow_tracking_uri_version = 0
    history_days                = 0
    log_retention_days          = 10 # CloudWatch: 7 or 14
    alert_email                 = "someone"
    budget_usd                  = 0
    anomaly_usd                 = 0
    cost_allocation_tags        = ["Team"]
    retraining                  = { schedule = "0 3 * * 1" }
    reporting                   = { schedule = "0 5 * * 1" }
    github_repository           = "mlops-lab"
  }

  expect_failures = [
    var.region,
    var.network_layout,
    var.vpc_cidr,
    var.allowed_cidrs,
    var.certificate_arn,
    var.health_check,
    var.health_check_grace_period,
    var.deregistration_delay,
    var.max_retries,
    var.stop_timeout,
    var.cpu_architecture,
    var.scaling,
    var.metric_period,
    var.alarms,
    var.api_key,
    var.api_key_version,
    var.database_password,
    var.mlflow_tracking_uri,
    var.database_password_version,
    var.mlflow_tracking_uri_version,
    var.history_days,
    var.log_retention_days,
    var.alert_email,
    var.budget_usd,
    var.anomaly_usd,
    var.cost_allocation_tags,
    var.retraining,
    var.reporting,
    var.github_repository,
  ]
}

run "a_health_check_that_waits_longer_than_its_interval_is_refused" {
  command = plan

  variables {
    health_check = { interval = 5, timeout = 6 }
  }

  expect_failures = [var.health_check]
}

run "a_name_too_long_for_a_target_group_is_refused" {
  command = plan

  variables {
    name        = "machine-learning-lab"
    environment = "A"
  }

  expect_failures = [var.name, var.environment]
}

run "what_may_be_left_out_may_be_null" {
  command = plan

  variables {
    scaling     = null
    anomaly_usd = null
  }

  assert {
    condition     = length(aws_appautoscaling_target.service) == 0 && length(aws_ce_anomaly_monitor.this) == 0
    error_message = "null must leave autoscaling and the anomaly monitor out"
  }
}
