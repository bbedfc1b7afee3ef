# What retrains, and what reports on it: task definitions of a project, run by hand, by a workflow or by the clock.

locals {
  # One entry per task definition and schedule, which are called by it.
  jobs = merge(
    {
      for key in keys(var.projects) : "${key}-retrain" => {
        project = key
        kind    = "retrain"
        what    = "Retrains ${key}"
        command = ["-m", "mlops_lab.retrain", "--project", key]
        role    = aws_iam_role.retrain[key].arn
        clock   = var.retraining
      }
    },
    {
      for key, project in local.reported : "${key}-report" => {
        project = key
        kind    = "report"
        what    = "Reports on the training of ${key}"
        command = ["-m", "mlops_lab.report", "--project", key, "--week", tostring(project.report)]
        role    = aws_iam_role.report[key].arn
        clock   = var.reporting
      }
    },
  )
}

resource "aws_ecs_task_definition" "job" {
  for_each = local.jobs

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.training.cpu
  memory                   = var.training.memory
  execution_role_arn       = aws_iam_role.retrain_execution.arn
  task_role_arn            = each.value.role

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "tmp"
  }

  # A run registers a copy of this definition with the image's digest; its arguments follow the command.
  container_definitions = jsonencode([{
    name                   = each.value.kind
    image                  = "${aws_ecr_repository.jobs.repository_url}:bootstrap"
    command                = each.value.command
    essential              = true
    user                   = local.user
    readonlyRootFilesystem = true
    stopTimeout            = var.stop_timeout
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    environment = [
      { name = "AWS_REGION", value = var.region },
      { name = "PROJECT", value = each.value.project },
      { name = "TARGET", value = "aws" }, # a task speaks to what its environment names, here and in the embedded cloud
    ]
    secrets = [for name, arn in local.secrets.retrain : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.project[each.value.project].name
        awslogs-region        = var.region
        awslogs-stream-prefix = each.value.kind
      }
    }
  }])

  tags = { Service = each.value.project }
}
