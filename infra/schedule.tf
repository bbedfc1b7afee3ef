# What runs by the clock: a retraining task a project.

resource "aws_scheduler_schedule_group" "this" {
  name = local.schedule_group
}

resource "aws_scheduler_schedule" "retrain" {
  #checkov:skip=CKV_AWS_297:a schedule holds names and ARNs, which AWS encrypts with its own key
  for_each = var.projects

  name                         = "${var.name}-${each.key}-retrain"
  description                  = "Retrains ${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  state                        = var.retraining.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = var.retraining.schedule
  schedule_expression_timezone = var.retraining.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn

    # Without a revision: the newest one, which a release registers.
    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.retrain[each.key].arn_without_revision
      launch_type         = "FARGATE"
      platform_version    = "1.4.0"
      propagate_tags      = "TASK_DEFINITION" # by which the bill is divided

      network_configuration {
        subnets          = local.task_subnet_ids
        security_groups  = [aws_security_group.task.id]
        assign_public_ip = !local.private_tasks
      }
    }

    retry_policy {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 3600
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.name}-scheduler"
  description        = "EventBridge Scheduler, to start the retraining tasks"
  assume_role_policy = local.trust_scheduler
}

resource "aws_iam_role_policy" "scheduler" {
  name = "run-retraining"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunRetraining"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = flatten([for task in aws_ecs_task_definition.retrain : [task.arn_without_revision, "${task.arn_without_revision}:*"]])
        Condition = { ArnEquals = { "ecs:cluster" = local.arn.cluster } }
      },
      {
        Sid       = "TagTasks"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = "arn:${local.partition}:ecs:${var.region}:${local.account}:task/${var.name}/*"
        Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
      },
      {
        Sid       = "PassTaskRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = concat([aws_iam_role.retrain_execution.arn], [for role in aws_iam_role.retrain : role.arn])
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
