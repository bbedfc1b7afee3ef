# What can be seen: logs, alarms that send a notice, and one dashboard.

locals {
  task_alarms = {
    cpu    = { metric = "CPUUtilization", threshold = 85, text = "uses more than 85 % of its CPU" }
    memory = { metric = "MemoryUtilization", threshold = 85, text = "uses more than 85 % of its memory" }
  }
  target_alarms = {
    errors    = { metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", threshold = 5, text = "answered more than 5 requests a minute with 5xx" }
    unhealthy = { metric = "UnHealthyHostCount", statistic = "Maximum", threshold = 0, text = "has tasks that fail their health check" }
  }

  dimensions = {
    for key, service in local.services : key => {
      task = {
        ClusterName = aws_ecs_cluster.this.name
        ServiceName = aws_ecs_service.this[key].name
      }
      target = {
        LoadBalancer = aws_lb.this.arn_suffix
        TargetGroup  = aws_lb_target_group.this[key].arn_suffix
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "project" {
  for_each = var.projects

  name              = "/ecs/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days

  tags = { Service = each.key }
}

# Not encrypted with a key: AWS's own key for SNS would shut CloudWatch and Budgets out, and the notices hold no data.
resource "aws_sns_topic" "notices" {
  name = "${var.name}-notices"
}

resource "aws_sns_topic_policy" "notices" {
  arn = aws_sns_topic.notices.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AwsSendsNotices"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.notices.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alert_email == null ? 0 : 1

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = var.alert_email
}

resource "aws_cloudwatch_metric_alarm" "task" {
  for_each = { for pair in setproduct(keys(local.services), keys(local.task_alarms)) : "${pair[0]}-${pair[1]}" => { service = pair[0], kind = pair[1] } }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.service} ${local.task_alarms[each.value.kind].text}"
  namespace           = "AWS/ECS"
  metric_name         = local.task_alarms[each.value.kind].metric
  dimensions          = local.dimensions[each.value.service].task
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.task_alarms[each.value.kind].threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  tags = { Service = local.services[each.value.service].project }
}

resource "aws_cloudwatch_metric_alarm" "target" {
  for_each = { for pair in setproduct(keys(local.services), keys(local.target_alarms)) : "${pair[0]}-${pair[1]}" => { service = pair[0], kind = pair[1] } }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.service} ${local.target_alarms[each.value.kind].text}"
  namespace           = "AWS/ApplicationELB"
  metric_name         = local.target_alarms[each.value.kind].metric
  dimensions          = local.dimensions[each.value.service].target
  statistic           = local.target_alarms[each.value.kind].statistic
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.target_alarms[each.value.kind].threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  tags = { Service = local.services[each.value.service].project }
}

locals {
  # Title -> what a widget draws for one target group or service.
  widgets = [
    { title = "CPU (%)", namespace = "AWS/ECS", kind = "task", metric = "CPUUtilization", stat = "Average" },
    { title = "Memory (%)", namespace = "AWS/ECS", kind = "task", metric = "MemoryUtilization", stat = "Average" },
    { title = "Requests a minute", namespace = "AWS/ApplicationELB", kind = "target", metric = "RequestCount", stat = "Sum" },
    { title = "Latency p95 (s)", namespace = "AWS/ApplicationELB", kind = "target", metric = "TargetResponseTime", stat = "p95" },
    { title = "4xx a minute", namespace = "AWS/ApplicationELB", kind = "target", metric = "HTTPCode_Target_4XX_Count", stat = "Sum" },
    { title = "5xx a minute", namespace = "AWS/ApplicationELB", kind = "target", metric = "HTTPCode_Target_5XX_Count", stat = "Sum" },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = index % 3 * 8
        y      = floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title  = widget.title
          region = var.region
          view   = "timeSeries"
          stat   = widget.stat
          period = 60
          metrics = [
            for key in keys(local.services) : concat(
              [widget.namespace, widget.metric],
              flatten([for name, value in local.dimensions[key][widget.kind] : [name, value]]),
              [{ label = key }],
            )
          ]
        }
      }
    ]
  })
}
