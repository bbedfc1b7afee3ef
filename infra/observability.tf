# What can be seen: logs, alarms that send a notice, and a dashboard for each project.

locals {
  per_period = var.metric_period / 60 # what a minute's count is in one period

  task_alarms = {
    cpu    = { metric = "CPUUtilization", threshold = var.alarms.cpu_percent, text = "uses more than ${var.alarms.cpu_percent} % of its CPU: RUNBOOK.md#highcpu" }
    memory = { metric = "MemoryUtilization", threshold = var.alarms.memory_percent, text = "uses more than ${var.alarms.memory_percent} % of its memory: RUNBOOK.md#highmemory" }
  }
  target_alarms = {
    errors = {
      metric    = "HTTPCode_Target_5XX_Count", statistic = "Sum", percentile = null, periods = 1
      threshold = var.alarms.errors_per_minute * local.per_period
      text      = "answers more than ${var.alarms.errors_per_minute} requests a minute with 5xx: RUNBOOK.md#servererrors"
    }
    client-errors = {
      metric    = "HTTPCode_Target_4XX_Count", statistic = "Sum", percentile = null, periods = 1
      threshold = var.alarms.client_errors_per_minute * local.per_period
      text      = "answers more than ${var.alarms.client_errors_per_minute} requests a minute with 4xx: RUNBOOK.md#clienterrors"
    }
    unhealthy = {
      metric = "UnHealthyHostCount", statistic = "Maximum", percentile = null, periods = 2, threshold = 0
      text   = "has tasks that fail their health check: RUNBOOK.md#unhealthytasks"
    }
    latency = {
      metric = "TargetResponseTime", statistic = null, percentile = "p99", periods = 3, threshold = var.alarms.latency_seconds
      text   = "takes more than ${var.alarms.latency_seconds} s for one answer in a hundred: RUNBOOK.md#slowanswers"
    }
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
  #checkov:skip=CKV_AWS_158:encrypted with the key of CloudWatch Logs; a key of one's own costs 1 USD a month and protects from nobody else here
  #checkov:skip=CKV_AWS_338:what must last is in S3 and MLflow; log_retention_days says how long lines are kept
  for_each = var.projects

  name              = "/ecs/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days

  tags = { Service = each.key }
}

# Not encrypted with a key: AWS's own key for SNS would shut CloudWatch and Budgets out, and the notices hold no data.
resource "aws_sns_topic" "notices" {
  #checkov:skip=CKV_AWS_26:notices name alarms and figures, no data; CloudWatch and Budgets cannot publish with the key that AWS manages
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
  period              = var.metric_period
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
  extended_statistic  = local.target_alarms[each.value.kind].percentile
  period              = var.metric_period
  evaluation_periods  = local.target_alarms[each.value.kind].periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.target_alarms[each.value.kind].threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  # A percentile of a handful of requests is the slowest of them, and says nothing.
  evaluate_low_sample_count_percentiles = local.target_alarms[each.value.kind].percentile == null ? null : "ignore"

  tags = { Service = local.services[each.value.service].project }
}

# What the balancer answers by itself because no task can: no target group counts it.
resource "aws_cloudwatch_metric_alarm" "balancer" {
  alarm_name          = "${var.name}-balancer-errors"
  alarm_description   = "the balancer answers more than ${var.alarms.errors_per_minute} requests a minute with 5xx of its own, for no task takes them: RUNBOOK.md#nohealthytask"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix }
  statistic           = "Sum"
  period              = var.metric_period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.errors_per_minute * local.per_period
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]
}

# A verdict comes when somebody looks for drift, and holds until the next one: what is missing changes nothing.
resource "aws_cloudwatch_metric_alarm" "drift" {
  for_each = var.projects

  alarm_name          = "${var.name}-${each.key}-drift"
  alarm_description   = "what ${each.key} is asked, or how well it answers, is no longer as at training (1: data drift, 2: damage): RUNBOOK.md#drift"
  namespace           = var.name
  metric_name         = "DriftLevel"
  dimensions          = { Project = each.key }
  statistic           = "Maximum"
  period              = var.metric_period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  tags = { Service = each.key }
}

# Answers go out whether they can be logged or not; what was not logged says so in a line that holds this metric.
resource "aws_cloudwatch_metric_alarm" "predictions" {
  for_each = var.projects

  alarm_name          = "${var.name}-${each.key}-predictions-shed"
  alarm_description   = "${each.key} has answered predictions that it could not log: RUNBOOK.md#predictionsshed"
  namespace           = var.name
  metric_name         = "PredictionsShed"
  dimensions          = { Project = each.key }
  statistic           = "Sum"
  period              = var.metric_period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
  ok_actions          = [aws_sns_topic.notices.arn]

  tags = { Service = each.key }
}

locals {
  # What the widgets of a project's dashboard draw, for its stable and its canary tasks. Statistic -> label.
  widgets = [
    { title = "Requests in ${var.metric_period} s", namespace = "AWS/ApplicationELB", kind = "target", metric = "RequestCount", stats = { Sum = "" } },
    { title = "Latency (s)", namespace = "AWS/ApplicationELB", kind = "target", metric = "TargetResponseTime", stats = { p50 = " p50", p90 = " p90", p99 = " p99" } },
    { title = "Healthy hosts", namespace = "AWS/ApplicationELB", kind = "target", metric = "HealthyHostCount", stats = { Maximum = "" } },
    { title = "CPU (%)", namespace = "AWS/ECS", kind = "task", metric = "CPUUtilization", stats = { Average = "", Maximum = " of the busiest task" } },
    { title = "Memory (%)", namespace = "AWS/ECS", kind = "task", metric = "MemoryUtilization", stats = { Average = "", Maximum = " of the largest task" } },
    { title = "4xx in ${var.metric_period} s", namespace = "AWS/ApplicationELB", kind = "target", metric = "HTTPCode_Target_4XX_Count", stats = { Sum = "" } },
    { title = "5xx in ${var.metric_period} s", namespace = "AWS/ApplicationELB", kind = "target", metric = "HTTPCode_Target_5XX_Count", stats = { Sum = "" } },
  ]

  # What the model itself answers, each version a line of its own.
  model_widgets = [
    { title = "Predictions in ${var.metric_period} s", metric = "Predictions", stats = ["Sum"] },
    { title = "Score (p10, p50, p90)", metric = "Score", stats = ["p10", "p50", "p90"] },
    { title = "Prediction latency (ms)", metric = "PredictionLatency", stats = ["p50", "p99"] },
  ]

  alarm_arns = {
    for project in keys(var.projects) : project => concat(
      [for alarm in aws_cloudwatch_metric_alarm.task : alarm.arn if alarm.tags.Service == project],
      [for alarm in aws_cloudwatch_metric_alarm.target : alarm.arn if alarm.tags.Service == project],
      [
        aws_cloudwatch_metric_alarm.predictions[project].arn,
        aws_cloudwatch_metric_alarm.drift[project].arn,
        aws_cloudwatch_metric_alarm.balancer.arn,
      ],
    )
  }
}

resource "aws_cloudwatch_dashboard" "project" {
  for_each = var.projects

  dashboard_name = "${var.name}-${each.key}"
  dashboard_body = jsonencode({
    widgets = concat(
      [
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
            period = var.metric_period
            yAxis  = { left = { min = 0 } }
            metrics = [
              for line in setproduct(["stable", "canary"], keys(widget.stats)) : concat(
                [widget.namespace, widget.metric],
                flatten([for name, value in local.dimensions["${each.key}-${line[0]}"][widget.kind] : [name, value]]),
                [{ label = "${line[0]}${widget.stats[line[1]]}", stat = line[1] }],
              )
            ]
          }
        }
      ],
      [
        for index, widget in local.model_widgets : {
          type   = "metric"
          x      = index * 8
          y      = 18
          width  = 8
          height = 6
          properties = {
            title  = widget.title
            region = var.region
            view   = "timeSeries"
            period = var.metric_period
            metrics = [
              for stat in widget.stats : [{
                expression = "SEARCH('{${var.name},Project,ModelVersion} MetricName=\"${widget.metric}\" Project=\"${each.key}\"', '${stat}', ${var.metric_period})"
                label      = length(widget.stats) > 1 ? "${stat} version" : "version"
              }]
            ]
          }
        }
      ],
      [{
        type   = "alarm"
        x      = 8
        y      = 12
        width  = 16
        height = 6
        properties = {
          title  = "Alarms"
          alarms = local.alarm_arns[each.key]
        }
      }],
    )
  })
}
