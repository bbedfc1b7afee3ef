# Where runs and models are recorded: an MLflow server of the lab's own, its stores, and who may reach it.

locals {
  mlflow_name          = "${var.name}-mlflow"
  mlflow_port          = 5000
  mlflow_listener_port = 5001
  mlflow_folder        = "/mnt/mlflow"
  mlflow_host          = "mlflow.${var.name}.internal"
  mlflow_url           = coalesce(var.mlflow_url, "http://${local.mlflow_host}:${local.mlflow_port}")
  mlflow_artifacts     = "mlflow"
  mlflow_hosts = [
    "127.0.0.1:*",
    "localhost:*",
    "${local.mlflow_host}:${local.mlflow_port}",
    "${aws_lb.this.dns_name}:${local.mlflow_listener_port}",
  ]
}

resource "aws_cloudwatch_log_group" "mlflow" {
  #checkov:skip=CKV_AWS_158:encrypted with the key of CloudWatch Logs; a key of one's own costs 1 USD a month and protects from nobody else here
  #checkov:skip=CKV_AWS_338:what must last is in S3 and MLflow; log_retention_days says how long lines are kept
  name              = "/ecs/${var.name}/mlflow"
  retention_in_days = var.log_retention_days

  tags = { Service = "mlflow" }
}

resource "aws_ecs_task_definition" "mlflow" {
  family                   = local.mlflow_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.mlflow.cpu
  memory                   = var.mlflow.memory
  execution_role_arn       = aws_iam_role.mlflow_execution.arn
  task_role_arn            = aws_iam_role.mlflow.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "tmp"
  }

  # A volume that outlives its tasks, for SQLite; Fargate has none of this kind, so AWS needs mlflow_database.
  dynamic "volume" {
    for_each = var.mlflow_database == null ? ["mlflow"] : []

    content {
      name = volume.value

      docker_volume_configuration {
        scope         = "shared"
        autoprovision = true
      }
    }
  }

  # A release copies this definition and adds the image's digest.
  container_definitions = jsonencode([{
    name                   = "mlflow"
    image                  = "${aws_ecr_repository.jobs.repository_url}:bootstrap"
    command                = ["-m", "mlops_lab.registry.server"]
    essential              = true
    user                   = local.user
    readonlyRootFilesystem = true
    stopTimeout            = var.stop_timeout
    portMappings           = [{ containerPort = local.mlflow_port, hostPort = local.mlflow_port, protocol = "tcp" }]
    mountPoints = concat(
      [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }],
      var.mlflow_database == null ? [{ sourceVolume = "mlflow", containerPath = local.mlflow_folder, readOnly = false }] : [],
    )
    environment = [
      { name = "HOST", value = "0.0.0.0" },
      { name = "MLFLOW_SERVER_ALLOWED_HOSTS", value = join(",", local.mlflow_hosts) },
      { name = "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS", value = join(",", [for scheme in ["http", "https"] : "${scheme}://${aws_lb.this.dns_name}:${local.mlflow_listener_port}"]) },
      { name = "PORT", value = tostring(local.mlflow_port) },
    ]
    secrets = [for name, arn in local.secrets.mlflow : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.mlflow.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "server"
      }
    }
  }])

  tags = { Service = "mlflow" }
}

resource "aws_ecs_service" "mlflow" {
  #checkov:skip=CKV_AWS_332:1.4.0 is the latest Linux platform; pinned, so that a new one comes by a plan
  name                              = local.mlflow_name
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = aws_ecs_task_definition.mlflow.arn
  desired_count                     = 0 # nothing to run before the first release
  launch_type                       = "FARGATE"
  platform_version                  = "1.4.0"
  health_check_grace_period_seconds = max(var.health_check_grace_period, 120) # it brings its tables up to date first
  propagate_tags                    = "SERVICE"

  # One task at a time: SQLite has one writer, and a migration one author.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.task_subnet_ids
    security_groups  = [aws_security_group.task.id, aws_security_group.mlflow.id]
    assign_public_ip = !local.private_tasks
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.mlflow.arn
    container_name   = "mlflow"
    container_port   = local.mlflow_port
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.mlflow

    content {
      registry_arn = service_registries.value.arn
    }
  }

  tags = { Service = "mlflow" }

  depends_on = [aws_lb_listener.mlflow, aws_iam_role_policy.mlflow_execution]

  # Releases set these through the API.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
}

resource "aws_lb_target_group" "mlflow" {
  name                 = local.mlflow_name
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = local.mlflow_port
  vpc_id               = aws_vpc.this.id
  deregistration_delay = var.deregistration_delay

  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = var.health_check.timeout
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  tags = { Service = "mlflow" }
}

resource "aws_lb_listener" "mlflow" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.mlflow_listener_port
  protocol          = var.certificate_arn == null ? "HTTP" : "HTTPS"
  ssl_policy        = var.certificate_arn == null ? null : "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.mlflow.arn
  }

  tags = { Service = "mlflow" }
}

# MLflow asks nobody who they are, so the network does.
resource "aws_vpc_security_group_ingress_rule" "mlflow_client" {
  for_each = toset(var.mlflow_cidrs)

  security_group_id = aws_security_group.balancer.id
  description       = "MLflow's clients"
  cidr_ipv4         = each.value
  from_port         = local.mlflow_listener_port
  to_port           = local.mlflow_listener_port
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "balancer_mlflow" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "MLflow"
  referenced_security_group_id = aws_security_group.mlflow.id
  from_port                    = local.mlflow_port
  to_port                      = local.mlflow_port
  ip_protocol                  = "tcp"
}

resource "aws_security_group" "mlflow" {
  name        = local.mlflow_name
  description = "MLflow: called by the load balancer and by the lab's tasks"
  vpc_id      = aws_vpc.this.id

  tags = { Name = local.mlflow_name }
}

resource "aws_vpc_security_group_ingress_rule" "mlflow" {
  for_each = { balancer = aws_security_group.balancer.id, task = aws_security_group.task.id }

  security_group_id            = aws_security_group.mlflow.id
  description                  = "MLflow's API, from the ${each.key}"
  referenced_security_group_id = each.value
  from_port                    = local.mlflow_port
  to_port                      = local.mlflow_port
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "task_mlflow" {
  security_group_id            = aws_security_group.task.id
  description                  = "Retraining tasks to MLflow"
  referenced_security_group_id = aws_security_group.mlflow.id
  from_port                    = local.mlflow_port
  to_port                      = local.mlflow_port
  ip_protocol                  = "tcp"
}

# Tasks find the server under a name in the VPC: the balancer's public address is for mlflow_cidrs.
resource "aws_service_discovery_private_dns_namespace" "this" {
  count = var.mlflow_url == null ? 1 : 0

  name        = "${var.name}.internal"
  description = "What the lab's tasks call each other"
  vpc         = aws_vpc.this.id
}

resource "aws_service_discovery_service" "mlflow" {
  count = var.mlflow_url == null ? 1 : 0

  name = "mlflow"

  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.this[0].id

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  tags = { Service = "mlflow" }
}

resource "aws_iam_role" "mlflow_execution" {
  name               = "${local.mlflow_name}-execution"
  description        = "ECS, to start the MLflow server"
  assume_role_policy = local.trust_tasks
}

resource "aws_iam_role_policy" "mlflow_execution" {
  name   = "start-tasks"
  role   = aws_iam_role.mlflow_execution.id
  policy = local.start_tasks["mlflow"]
}

resource "aws_iam_role" "mlflow" {
  name               = "${local.mlflow_name}-task"
  description        = "The MLflow server"
  assume_role_policy = local.trust_tasks

  tags = { Service = "mlflow" }
}

resource "aws_iam_role_policy" "mlflow" {
  name = "keep-artefacts"
  role = aws_iam_role.mlflow.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "KeepArtefacts"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        Resource = "${local.bucket_arns["models"]}/${local.mlflow_artifacts}/*"
      },
      {
        Sid       = "ListArtefacts"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = local.bucket_arns["models"]
        Condition = { StringLike = { "s3:prefix" = "${local.mlflow_artifacts}/*" } }
      },
    ]
  })
}
