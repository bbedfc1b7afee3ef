# A project is data: what exists for one exists for each, under the names of src/mlops_lab/catalog.py.

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

run "the_two_projects_have_the_names_of_the_catalogue" {
  assert {
    condition     = aws_ecs_cluster.this.name == "mlops-lab" && aws_lb.this.name == "mlops-lab"
    error_message = "cluster and balancer must be called mlops-lab"
  }

  assert {
    condition = output.service_names == {
      income-canary = "mlops-lab-income-canary"
      income-stable = "mlops-lab-income-stable"
      taxi-canary   = "mlops-lab-taxi-canary"
      taxi-stable   = "mlops-lab-taxi-stable"
    }
    error_message = "services must be called mlops-lab-<project>-<track>"
  }

  assert {
    condition     = alltrue([for key, task in aws_ecs_task_definition.service : task.family == output.service_names[key] && aws_lb_target_group.this[key].name == task.family])
    error_message = "family and target group must have the service's name"
  }

  assert {
    condition     = { for key, repository in aws_ecr_repository.this : key => repository.name } == { income = "mlops-api-1", taxi = "mlops-api-2" }
    error_message = "repositories must be mlops-api-1 and mlops-api-2"
  }

  assert {
    condition     = aws_s3_bucket.this["models"].bucket == "mlops-lab-models-111122223333" && aws_s3_bucket.this["predictions"].bucket == "mlops-lab-predictions-111122223333"
    error_message = "bucket names must end in the account"
  }

  assert {
    condition     = output.log_group_names == { income = "/ecs/mlops-lab/income", taxi = "/ecs/mlops-lab/taxi" }
    error_message = "log groups must be /ecs/mlops-lab/<project>"
  }

  assert {
    condition     = output.api_key_parameter == "/mlops-lab/api-key"
    error_message = "the API key must be /mlops-lab/api-key"
  }
}

run "a_rule_starts_with_all_weight_on_stable" {
  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.project : sum([for group in rule.action[0].forward[0].target_group : group.weight]) == 100])
    error_message = "weights must sum to 100"
  }

  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.project : toset([for group in rule.action[0].forward[0].target_group : group.weight]) == toset([100, 0])])
    error_message = "a rule must forward to two groups, 100 and 0"
  }
}

run "the_budget_counts_what_has_the_labs_tag" {
  assert {
    condition     = toset(flatten([for filter in aws_budgets_budget.monthly.cost_filter : filter.values])) == toset(["user:Project$mlops-lab"])
    error_message = "the budget must filter by the tag Project"
  }

  assert {
    condition     = toset([for notice in aws_budgets_budget.monthly.notification : notice.notification_type]) == toset(["ACTUAL", "FORECASTED"])
    error_message = "the budget must tell of money spent and of money forecast"
  }
}

run "nothing_runs_before_the_first_release" {
  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.desired_count == 0])
    error_message = "desired_count must be 0: the bootstrap image does not exist"
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.job : schedule.state == "DISABLED"])
    error_message = "retraining and reports must be off until their image exists"
  }
}

run "a_container_has_no_root_user_no_writable_root_and_no_secret_in_its_environment" {
  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.service :
      jsondecode(task.container_definitions)[0].user == "10001:10001" && jsondecode(task.container_definitions)[0].readonlyRootFilesystem
    ])
    error_message = "a container must run as 10001 on a read-only root file system"
  }

  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.service :
      { for secret in jsondecode(task.container_definitions)[0].secrets : secret.name => secret.valueFrom } == local.secrets.serve
    ])
    error_message = "the API key must come from SSM by ARN"
  }

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.service : !strcontains(task.container_definitions, "a key for tests only")])
    error_message = "the API key's value must not be in a task definition"
  }

  assert {
    condition     = alltrue([for task in aws_ecs_task_definition.service : task.network_mode == "awsvpc" && task.requires_compatibilities == toset(["FARGATE"])])
    error_message = "tasks must be Fargate tasks with awsvpc"
  }
}

run "a_role_that_starts_tasks_reads_exactly_the_secrets_that_their_definitions_name" {
  override_resource {
    target = aws_ssm_parameter.api_key_other
    values = { arn = "arn:aws:ssm:us-east-1:111122223333:parameter/mlops-lab/api-key-other" }
  }

  override_resource {
    target = aws_ssm_parameter.tracking_uri
    values = { arn = "arn:aws:ssm:us-east-1:111122223333:parameter/mlops-lab/mlflow/tracking-uri" }
  }

  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.service : toset(flatten([
        for statement in jsondecode(aws_iam_role_policy.execution.policy).Statement : statement.Resource if contains(statement.Action, "ssm:GetParameters")
      ])) == toset([for secret in jsondecode(task.container_definitions)[0].secrets : secret.valueFrom])
    ])
    error_message = "the role that starts serving tasks must read their secrets and no others"
  }

  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.job : toset(flatten([
        for statement in jsondecode(aws_iam_role_policy.retrain_execution.policy).Statement : statement.Resource if contains(statement.Action, "ssm:GetParameters")
      ])) == toset([for secret in jsondecode(task.container_definitions)[0].secrets : secret.valueFrom])
    ])
    error_message = "the role that starts retraining and report tasks must read their secrets and no others"
  }

  assert {
    condition     = alltrue([for key, name in { database_username = "/mlops-lab/database/username", database_password = "/mlops-lab/database/password", tracking_uri = "/mlops-lab/mlflow/tracking-uri" } : local.parameters[key] == name])
    error_message = "parameters must have the names of the catalogue"
  }
}

run "a_task_logs_its_predictions_under_its_own_prefix" {
  assert {
    condition = alltrue([
      for key in keys(var.projects) : one([
        for statement in jsondecode(aws_iam_role_policy.task[key].policy).Statement : statement.Resource if statement.Action == "s3:PutObject"
      ]) == "arn:aws:s3:::mlops-lab-predictions-111122223333/predictions/project=${key}/*"
    ])
    error_message = "a task may put objects below predictions/project=<its own>/ and nowhere else"
  }

  assert {
    condition = alltrue([
      for task in aws_ecs_task_definition.service :
      contains(jsondecode(task.container_definitions)[0].environment, { name = "PREDICTION_LOG_FOLDER", value = "/tmp/predictions" }) && length(task.volume) == 1
    ])
    error_message = "without a volume that outlives its tasks, the log must be in the task's writable place"
  }
}

run "a_table_has_the_columns_and_partitions_that_tasks_write" {
  assert {
    condition     = aws_glue_catalog_database.predictions.name == "mlops_lab_predictions" && toset(keys(aws_glue_catalog_table.predictions)) == toset(["income", "taxi"])
    error_message = "each project must have its table"
  }

  assert {
    condition     = alltrue([for table in aws_glue_catalog_table.predictions : join("/", table.partition_keys[*].name) == "project/date/hour" && table.parameters["projection.enabled"] == "true"])
    error_message = "the partitions must be computed, not looked up"
  }
}

run "a_notebook_reports_where_a_week_is_named_and_writes_under_its_own_prefix" {
  variables {
    projects = {
      income = { repository = "mlops-api-1", report = 3 }
      taxi   = { repository = "mlops-api-2" }
    }
    reporting = { schedule = "rate(1 hour)", enabled = true }
  }

  assert {
    condition     = toset(keys(aws_scheduler_schedule.job)) == toset(["income-report", "income-retrain", "taxi-retrain"]) && toset(keys(aws_iam_role.report)) == toset(["income"])
    error_message = "a project reports only where it names a week"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.job["income-report"].container_definitions)[0].command == ["-m", "mlops_lab.report", "--project", "income", "--week", "3"]
    error_message = "the task must run the notebook of the week"
  }

  assert {
    condition     = aws_scheduler_schedule.job["income-report"].schedule_expression == "rate(1 hour)" && aws_scheduler_schedule.job["income-report"].state == "ENABLED" && aws_scheduler_schedule.job["income-retrain"].state == "DISABLED"
    error_message = "reports must run by their own clock"
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.report["income"].policy).Statement : statement.Resource if statement.Action == "s3:PutObject"
    ]) == "arn:aws:s3:::mlops-lab-predictions-111122223333/reports/project=income/*"
    error_message = "a report may be put below reports/project=<its own>/ and nowhere else"
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.scheduler.policy).Statement[2].Resource) == 4
    error_message = "the scheduler must be allowed to pass the role of each job and of what starts it"
  }
}

run "where_volumes_are_kept_the_log_outlives_its_task" {
  variables {
    prediction_log = { kept = true }
  }

  assert {
    condition     = aws_ecs_task_definition.service["income-stable"].volume != aws_ecs_task_definition.service["taxi-stable"].volume && length(aws_ecs_task_definition.service["income-stable"].volume) == 2
    error_message = "each project must have its own volume"
  }
}

run "a_task_role_reaches_its_own_project_only" {
  assert {
    condition = alltrue([
      for key in keys(var.projects) : alltrue([
        for other in setsubtract(keys(var.projects), [key]) : !strcontains(aws_iam_role_policy.task[key].policy, other) && !strcontains(aws_iam_role_policy.retrain[key].policy, other) && !strcontains(aws_iam_role_policy.report[key].policy, other)
      ])
    ])
    error_message = "a project's roles must not name another project"
  }

  assert {
    condition     = alltrue([for role in concat([aws_iam_role.execution, aws_iam_role.retrain_execution], values(aws_iam_role.task), values(aws_iam_role.retrain), values(aws_iam_role.report), values(aws_iam_role.canary), [aws_iam_role.scheduler]) : strcontains(role.assume_role_policy, "aws:SourceAccount")])
    error_message = "a service may take a role only for this account"
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat([aws_iam_role_policy.execution, aws_iam_role_policy.retrain_execution, aws_iam_role_policy.scheduler], values(aws_iam_role_policy.task), values(aws_iam_role_policy.retrain), values(aws_iam_role_policy.report), values(aws_iam_role_policy.canary)) : [
        for statement in jsondecode(policy.policy).Statement : [for action in flatten([statement.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "actions must be literal"
  }
}

run "nobody_deploys_from_github_unless_a_repository_is_named" {
  assert {
    condition     = output.deploy_role_arn == null && output.train_role_arn == null && length(aws_iam_openid_connect_provider.github) == 0
    error_message = "without github_repository there must be no way in"
  }
}

run "a_named_repository_trains_from_its_main_branch_and_deploys_from_its_environment_only" {
  variables {
    github_repository = "someone/mlops-lab"
  }

  assert {
    condition = jsondecode(aws_iam_role.train["someone/mlops-lab"].assume_role_policy).Statement[0].Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:someone/mlops-lab:ref:refs/heads/main"
    }
    error_message = "only the main branch of the named repository may train"
  }

  assert {
    condition = jsondecode(aws_iam_role.deploy["someone/mlops-lab"].assume_role_policy).Statement[0].Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:someone/mlops-lab:environment:production"
    }
    error_message = "only the named repository's environment production may deploy"
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.train["someone/mlops-lab"].policy).Statement :
      [for action in flatten([statement.Action]) : startswith(action, "s3:") && !strcontains(action, "*")]
    ]))
    error_message = "training adds bundles and does nothing else"
  }
}

run "a_third_project_gets_everything_the_others_have" {
  variables {
    projects = {
      income  = { repository = "mlops-api-1" }
      taxi    = { repository = "mlops-api-2" }
      housing = { repository = "mlops-api-3", cpu = 512, memory = 2048, max_tasks = 5, fields = [{ name = "rooms", type = "bigint" }] }
    }
  }

  assert {
    condition     = toset(keys(output.service_names)) == toset(["housing-canary", "housing-stable", "income-canary", "income-stable", "taxi-canary", "taxi-stable"])
    error_message = "the third project must have both services"
  }

  assert {
    condition     = one(aws_lb_listener_rule.project["housing"].condition[*].path_pattern[0].values) == toset(["/housing", "/housing/*"])
    error_message = "the third project must have its path"
  }

  assert {
    condition     = aws_ecs_task_definition.service["housing-stable"].cpu == "512" && aws_ecs_task_definition.service["income-stable"].cpu == "256"
    error_message = "the third project must have its own size and change nobody else's"
  }

  assert {
    condition     = aws_appautoscaling_target.service["housing"].max_capacity == 5 && aws_appautoscaling_target.service["income"].max_capacity == 3
    error_message = "the third project must have its own bounds"
  }

  assert {
    condition     = contains(keys(aws_ecr_repository.this), "housing") && contains(keys(aws_iam_role.task), "housing") && contains(keys(aws_cloudwatch_log_group.project), "housing") && contains(keys(aws_scheduler_schedule.job), "housing-retrain")
    error_message = "the third project must have repository, role, log group and schedule"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.task) == 12 && length(aws_cloudwatch_metric_alarm.target) == 24
    error_message = "each of the six services must have its six alarms"
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.drift : alarm.dimensions == tomap({ Project = key }) && alarm.treat_missing_data == "ignore"])
    error_message = "each project must have a drift alarm that keeps the last verdict"
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_dashboard.project)) == toset(["income", "taxi", "housing"])
    error_message = "each project must have its dashboard"
  }

  assert {
    condition     = length(aws_glue_catalog_table.predictions["housing"].storage_descriptor[0].columns) == 7 && contains([for column in aws_glue_catalog_table.predictions["housing"].storage_descriptor[0].columns : "${column.name} ${column.type}"], "rooms bigint")
    error_message = "the third project must have its table, with the log's own columns and the fields of its requests"
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.project["housing"].dashboard_body).widgets :
      alltrue([for line in widget.properties.metrics : try(length(line) == 7 && startswith(line[0], "AWS/"), strcontains(line[0].expression, "Project=\"housing\""))]) if widget.type == "metric"
    ])
    error_message = "each line of a dashboard must be namespace, metric, two dimensions and its label, or a search of the project's own"
  }
}
