# What retrains: a task definition a project, run by hand, by a workflow or by the clock.

resource "aws_ecs_task_definition" "retrain" {
  for_each = var.projects

  family                   = "${var.name}-${each.key}-retrain"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.training.cpu
  memory                   = var.training.memory
  execution_role_arn       = aws_iam_role.retrain_execution.arn
  task_role_arn            = aws_iam_role.retrain[each.key].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "tmp"
  }

  # A run registers a copy of this definition with the image's digest; its arguments follow the command.
  container_definitions = jsonencode([{
    name                   = "retrain"
    image                  = "${aws_ecr_repository.jobs.repository_url}:bootstrap"
    command                = ["-m", "mlops_lab.retrain", "--project", each.key]
    essential              = true
    user                   = local.user
    readonlyRootFilesystem = true
    stopTimeout            = var.stop_timeout
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    environment = [
      { name = "AWS_REGION", value = var.region },
      { name = "PROJECT", value = each.key },
      { name = "TARGET", value = "aws" }, # a task speaks to what its environment names, here and in the embedded cloud
    ]
    secrets = [for name, arn in local.secrets.retrain : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.project[each.key].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "retrain"
      }
    }
  }])

  tags = { Service = each.key }
}
