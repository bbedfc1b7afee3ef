# How a request reaches a task: one address, a path a project, and weights between its stable and canary tasks.

locals {
  listener_ports = var.certificate_arn == null ? ["80"] : ["80", "443"]
  listener_arn   = var.certificate_arn == null ? aws_lb_listener.http.arn : aws_lb_listener.https[0].arn
  weights        = { stable = 100, canary = 0 }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_150:make destroy must be able to remove the lab; nothing is lost with a balancer
  #checkov:skip=CKV_AWS_91:answers are counted in CloudWatch and each prediction is logged; access logs would need a bucket of their own
  #checkov:skip=CKV2_AWS_28:a web ACL costs 5 USD a month and more; the key is checked by the service and allowed_cidrs closes the port
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = local.subnet_ids["public"]
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true

  depends_on = [aws_internet_gateway.this]
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the balancer; between it and a task is the VPC, where no other group may call
  for_each = local.services

  name                 = "${var.name}-${each.key}"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = local.container_port
  vpc_id               = aws_vpc.this.id
  deregistration_delay = var.deregistration_delay

  # /ready, not /health: a task whose model is missing or does not match its hash is alive, and must get no requests.
  health_check {
    path                = "/ready"
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = var.health_check.timeout
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }

  tags = { Service = each.value.project, Track = each.value.track }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  dynamic "default_action" {
    for_each = var.certificate_arn == null ? [local.not_found] : []

    content {
      type = "fixed-response"

      fixed_response {
        content_type = default_action.value.content_type
        message_body = default_action.value.message_body
        status_code  = default_action.value.status_code
      }
    }
  }

  dynamic "default_action" {
    for_each = var.certificate_arn == null ? [] : ["443"]

    content {
      type = "redirect"

      redirect {
        protocol    = "HTTPS"
        port        = default_action.value
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = var.certificate_arn == null ? 0 : 1

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = local.not_found.content_type
      message_body = local.not_found.message_body
      status_code  = local.not_found.status_code
    }
  }
}

locals {
  not_found = {
    content_type = "application/json"
    message_body = jsonencode({ detail = "No project has this path; use ${join(" or ", [for key in keys(var.projects) : "/${key}/predict"])}." })
    status_code  = "404"
  }
}

# No priority: paths do not overlap, and numbers would shift when a project is added.
resource "aws_lb_listener_rule" "project" {
  for_each = var.projects

  listener_arn = local.listener_arn

  condition {
    path_pattern {
      values = ["/${each.key}", "/${each.key}/*"]
    }
  }

  action {
    type = "forward"

    forward {
      dynamic "target_group" {
        for_each = local.weights

        content {
          arn    = aws_lb_target_group.this["${each.key}-${target_group.key}"].arn
          weight = target_group.value
        }
      }

      stickiness {
        enabled  = false
        duration = 3600
      }
    }
  }

  tags = { Service = each.key }

  # A canary moves the weights through the API; a plan in the middle of one must not undo them.
  lifecycle {
    ignore_changes = [action]
  }
}
