# What it may cost, and who hears when it costs more.

resource "aws_budgets_budget" "monthly" {
  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = format("%.1f", var.budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # Counts once the tag Project is active for cost allocation (cost_allocation_tags).
  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Project$%s", var.name)]
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type         = notification.key
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.notices.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.notices]
}

# By tag, not by service: AWS allows one service monitor an account, and new accounts have one.
resource "aws_ce_anomaly_monitor" "this" {
  count = var.anomaly_usd == null ? 0 : 1

  name         = var.name
  monitor_type = "CUSTOM"
  # The nulls are Cost Explorer's own answer; without them every plan would replace the monitor.
  monitor_specification = jsonencode({
    And            = null
    CostCategories = null
    Dimensions     = null
    Not            = null
    Or             = null
    Tags           = { Key = "Project", MatchOptions = null, Values = [var.name] }
  })
}

resource "aws_ce_anomaly_subscription" "this" {
  count = var.anomaly_usd == null ? 0 : 1

  name             = var.name
  frequency        = "IMMEDIATE"
  monitor_arn_list = [aws_ce_anomaly_monitor.this[0].arn]

  subscriber {
    type    = "SNS"
    address = aws_sns_topic.notices.arn
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.anomaly_usd)]
    }
  }

  depends_on = [aws_sns_topic_policy.notices]
}

resource "aws_ce_cost_allocation_tag" "this" {
  for_each = var.cost_allocation_tags

  tag_key = each.value
  status  = "Active"
}
