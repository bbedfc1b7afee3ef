# What tasks may do. Each statement names its actions and resources; each role names who may take it, and for whom.

locals {
  arn = {
    cluster     = "arn:${local.partition}:ecs:${var.region}:${local.account}:cluster/${var.name}"
    ecs         = "arn:${local.partition}:ecs:${var.region}:${local.account}:*"
    logs        = { for key in keys(var.projects) : key => "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/ecs/${var.name}/${key}" }
    repository  = { for key, project in var.projects : key => "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/${project.repository}" }
    predictions = { for key in keys(var.projects) : key => "${local.bucket_arns["predictions"]}/${local.prediction_prefix[key]}/*" }
    mlflow_log  = "arn:${local.partition}:logs:${var.region}:${local.account}:log-group:/ecs/${var.name}/mlflow"
    jobs        = "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/mlops-jobs"
    reports     = { for key in keys(var.projects) : key => "${local.bucket_arns["predictions"]}/reports/project=${key}/*" }
    models      = { for key in keys(var.projects) : key => "${local.bucket_arns["models"]}/models/${key}/*" }
  }

  # ECS may take the role for tasks of this account and region only (the confused deputy).
  trust_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = local.arn.ecs }
      }
    }]
  })

  # EventBridge Scheduler may take the role for the lab's own schedules only.
  trust_scheduler = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = local.account
          "aws:SourceArn"     = "arn:${local.partition}:scheduler:${var.region}:${local.account}:schedule-group/${local.schedule_group}"
        }
      }
    }]
  })

  # What each kind of task is started with.
  starts = {
    serve   = { repositories = values(local.arn.repository), logs = values(local.arn.logs) }
    retrain = { repositories = [local.arn.jobs], logs = values(local.arn.logs) }
    mlflow  = { repositories = [local.arn.jobs], logs = [local.arn.mlflow_log] }
  }
  start_tasks = {
    for kind, start in local.starts : kind => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "RegistryLogin"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"] # the action takes no resource; pulling is limited below
        },
        {
          Sid      = "PullImages"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = start.repositories
        },
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = [for arn in start.logs : "${arn}:log-stream:*"]
        },
        {
          Sid      = "ReadSecrets"
          Effect   = "Allow"
          Action   = ["ssm:GetParameters"]
          Resource = values(local.secrets[kind])
        },
      ]
    })
  }
}

# Before a task's own code runs: its image, its log stream, and the secrets that its definition names.
resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "ECS, to start the lab's serving tasks"
  assume_role_policy = local.trust_tasks
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = local.start_tasks["serve"]
}

resource "aws_iam_role" "retrain_execution" {
  name               = "${var.name}-retrain-execution"
  description        = "ECS, to start the lab's retraining and report tasks"
  assume_role_policy = local.trust_tasks
}

resource "aws_iam_role_policy" "retrain_execution" {
  name   = "start-tasks"
  role   = aws_iam_role.retrain_execution.id
  policy = local.start_tasks["retrain"]
}

resource "aws_iam_role" "task" {
  for_each = var.projects

  name               = "${var.name}-${each.key}-task"
  description        = "Serving tasks of ${each.key}"
  assume_role_policy = local.trust_tasks

  tags = { Service = each.key }
}

resource "aws_iam_role_policy" "task" {
  for_each = var.projects

  name = "serve"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadOwnBundles"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.arn.models[each.key]
      },
      {
        Sid      = "WriteOwnPredictions"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = local.arn.predictions[each.key]
      },
    ]
  })
}

resource "aws_iam_role" "retrain" {
  for_each = var.projects

  name               = "${var.name}-${each.key}-retrain"
  description        = "Retraining tasks of ${each.key}"
  assume_role_policy = local.trust_tasks

  tags = { Service = each.key }
}

resource "aws_iam_role_policy" "retrain" {
  for_each = var.projects

  name = "retrain"
  role = aws_iam_role.retrain[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "PublishOwnBundles"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"] # deletes what it could not complete
        Resource = local.arn.models[each.key]
      },
      {
        Sid       = "ListOwnBundles"
        Effect    = "Allow"
        Action    = ["s3:ListBucket", "s3:ListBucketVersions"]
        Resource  = local.bucket_arns["models"]
        Condition = { StringLike = { "s3:prefix" = "models/${each.key}/*" } }
      },
    ]
  })
}

resource "aws_iam_role" "report" {
  for_each = local.reported

  name               = "${var.name}-${each.key}-report"
  description        = "Report tasks of ${each.key}"
  assume_role_policy = local.trust_tasks

  tags = { Service = each.key }
}

resource "aws_iam_role_policy" "report" {
  for_each = local.reported

  name = "report"
  role = aws_iam_role.report[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadOwnBundles"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.arn.models[each.key]
      },
      {
        Sid       = "ListOwnBundles"
        Effect    = "Allow"
        Action    = "s3:ListBucketVersions"
        Resource  = local.bucket_arns["models"]
        Condition = { StringLike = { "s3:prefix" = "models/${each.key}/*" } }
      },
      {
        Sid      = "WriteOwnReports"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = local.arn.reports[each.key]
      },
    ]
  })
}
