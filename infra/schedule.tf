# What runs by the clock: a retraining task a project, and the notebook that reports on it.

resource "aws_scheduler_schedule_group" "this" {
  name = local.schedule_group
}

moved {
  from = aws_scheduler_schedule.retrain["income"]
  to   = aws_scheduler_schedule.job["income-retrain"]
}

moved {
  from = aws_scheduler_schedule.retrain["taxi"]
  to   = aws_scheduler_schedule.job["taxi-retrain"]
}

resource "aws_scheduler_schedule" "job" {
  #checkov:skip=CKV_AWS_297:a schedule holds names and ARNs, which AWS encrypts with its own key
  for_each = local.jobs

  name                         = "${var.name}-${each.key}"
  description                  = each.value.what
  group_name                   = aws_scheduler_schedule_group.this.name
  state                        = each.value.clock.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = each.value.clock.schedule
  schedule_expression_timezone = each.value.clock.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn

    # Without a revision: the newest one, which a release registers.
    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.job[each.key].arn_without_revision
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
  description        = "EventBridge Scheduler, to start retraining and reports"
  assume_role_policy = local.trust_scheduler
}

resource "aws_iam_role_policy" "scheduler" {
  name = "run-jobs"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunJobs"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = flatten([for task in aws_ecs_task_definition.job : [task.arn_without_revision, "${task.arn_without_revision}:*"]])
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
        Resource  = concat([aws_iam_role.retrain_execution.arn], [for role in aws_iam_role.retrain : role.arn], [for role in aws_iam_role.report : role.arn])
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
