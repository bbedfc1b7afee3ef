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
}

run "a_layout_nobody_knows_is_refused" {
  command = plan

  variables {
    network_layout = "public"
  }

  expect_failures = [var.network_layout]
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

run "a_network_too_small_for_its_subnets_is_refused" {
  command = plan

  variables {
    vpc_cidr = "10.20.0.0/28"
  }

  expect_failures = [var.vpc_cidr]
}

run "a_range_that_is_no_range_is_refused" {
  command = plan

  variables {
    allowed_cidrs = ["anyone"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "a_health_check_faster_than_aws_allows_is_refused" {
  command = plan

  variables {
    health_check = { interval = 2 }
  }

  expect_failures = [var.health_check]
}

run "a_health_check_that_waits_longer_than_its_interval_is_refused" {
  command = plan

  variables {
    health_check = { interval = 5, timeout = 6 }
  }

  expect_failures = [var.health_check]
}

run "a_stop_timeout_longer_than_fargate_allows_is_refused" {
  command = plan

  variables {
    stop_timeout = 300
  }

  expect_failures = [var.stop_timeout]
}

run "a_log_retention_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [var.log_retention_days]
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    budget_usd = 0
  }

  expect_failures = [var.budget_usd]
}

run "an_address_that_is_no_address_is_refused" {
  command = plan

  variables {
    alert_email = "someone"
  }

  expect_failures = [var.alert_email]
}

run "a_schedule_in_unix_cron_is_refused" {
  command = plan

  variables {
    retraining = { schedule = "0 3 * * 1" }
  }

  expect_failures = [var.retraining]
}

run "a_repository_without_an_owner_is_refused" {
  command = plan

  variables {
    github_repository = "mlops-lab"
  }

  expect_failures = [var.github_repository]
}

run "a_cost_tag_the_lab_does_not_set_is_refused" {
  command = plan

  variables {
    cost_allocation_tags = ["Team"]
  }

  expect_failures = [var.cost_allocation_tags]
}

run "a_short_api_key_is_refused" {
  command = plan

  variables {
    api_key = "short"
  }

  expect_failures = [var.api_key]
}

run "a_region_that_is_no_region_is_refused" {
  command = plan

  variables {
    region = "virginia"
  }

  expect_failures = [var.region]
}
