# What ends a canary whose controller never comes back: a schedule, made by the controller, that gives stable all weight.

resource "aws_iam_role" "canary" {
  for_each = var.projects

  name               = "${var.name}-${each.key}-canary"
  description        = "EventBridge Scheduler, to end a canary of ${each.key} at its deadline"
  assume_role_policy = local.trust_scheduler

  tags = { Service = each.key }
}

resource "aws_iam_role_policy" "canary" {
  for_each = var.projects

  name = "restore-weights"
  role = aws_iam_role.canary[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "RestoreOwnWeights"
      Effect   = "Allow"
      Action   = "elasticloadbalancing:ModifyRule"
      Resource = aws_lb_listener_rule.project[each.key].arn
    }]
  })
}
