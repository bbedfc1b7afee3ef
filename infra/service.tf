# What runs: a task definition and an ECS service for each project's stable and canary track.

locals {
  container_port = 8000
  user           = "10001:10001"
}

resource "aws_ecs_task_definition" "service" {
  for_each = local.services

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.projects[each.value.project].cpu
  memory                   = var.projects[each.value.project].memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.value.project].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  # The one writable place beside the read-only root file system.
  volume {
    name = "tmp"
  }

  # Logged predictions that wait for S3, where their volume outlives the task; on Fargate they wait in /tmp.
  dynamic "volume" {
    for_each = var.prediction_log.kept ? ["${var.name}-${each.value.project}-predictions"] : []

    content {
      name = volume.value

      docker_volume_configuration {
        scope         = "shared"
        autoprovision = true
      }
    }
  }

  # A release copies this definition and adds the image's digest, BUNDLE_URI and BUNDLE_SHA256.
  container_definitions = jsonencode([{
    name                   = local.container
    image                  = "${aws_ecr_repository.this[each.value.project].repository_url}:bootstrap"
    essential              = true
    user                   = local.user
    readonlyRootFilesystem = true
    stopTimeout            = var.stop_timeout
    portMappings           = [{ containerPort = local.container_port, hostPort = local.container_port, protocol = "tcp" }]
    mountPoints = concat(
      [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }],
      var.prediction_log.kept ? [{ sourceVolume = "${var.name}-${each.value.project}-predictions", containerPath = local.prediction_folder, readOnly = false }] : [],
    )
    environment = [
      { name = "HOST", value = "0.0.0.0" },
      { name = "PORT", value = tostring(local.container_port) },
      { name = "PREDICTION_LOG_BUCKET", value = aws_s3_bucket.this["predictions"].id },
      { name = "PREDICTION_LOG_BYTES", value = tostring(var.prediction_log.limit_bytes) },
      { name = "PREDICTION_LOG_FOLDER", value = var.prediction_log.kept ? local.prediction_folder : "/tmp/predictions" },
      { name = "PREDICTION_LOG_SECONDS", value = tostring(var.prediction_log.seconds) },
      { name = "PROJECT", value = each.value.project },
    ]
    secrets = [for name, arn in local.secrets.serve : { name = name, valueFrom = arn }]
    healthCheck = {
      command     = ["CMD", "python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${local.container_port}/health', timeout=4)"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.project[each.value.project].name
        awslogs-region        = var.region
        awslogs-stream-prefix = each.value.track
      }
    }
  }])

  tags = { Service = each.value.project, Track = each.value.track }
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_332:1.4.0 is the latest Linux platform; pinned, so that a new one comes by a plan
  for_each = local.services

  name                               = "${var.name}-${each.key}"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.service[each.key].arn
  desired_count                      = 0 # nothing to run before the first release
  launch_type                        = "FARGATE"
  platform_version                   = "1.4.0"
  health_check_grace_period_seconds  = var.health_check_grace_period
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.task_subnet_ids
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = !local.private_tasks
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this[each.key].arn
    container_name   = local.container
    container_port   = local.container_port
  }

  tags = { Service = each.value.project, Track = each.value.track }

  # ECS refuses a target group that no listener forwards to.
  depends_on = [aws_lb_listener_rule.project]

  # Releases and autoscaling set these through the API.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
}
