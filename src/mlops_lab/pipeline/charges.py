"""Which types of resources cost something, which are free, and which nobody has looked up."""

from mlops_lab.pipeline.resources import Resources

# The bill has a line for these.
PRICED = {
    "aws_appautoscaling_policy",
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_db_instance",
    "aws_ecr_repository",
    "aws_ecs_service",
    "aws_ecs_task_definition",
    "aws_eip",
    "aws_lb",
    "aws_nat_gateway",
    "aws_s3_bucket",
    "aws_scheduler_schedule",
    "aws_service_discovery_private_dns_namespace",
    "aws_vpc_endpoint",
}

# These are services of their own that cost nothing here: name on the bill, and why.
FREE = {
    "aws_budgets_budget": ("Budgets", "a budget that only watches is free"),
    "aws_ce_anomaly_monitor": ("Anomaly monitors", "anomaly detection is free"),
    "aws_glue_catalog_table": ("Data catalogue", "the first million tables and partitions are free"),
    "aws_sns_topic": ("Notice topics", "the first 1,000 e-mails a month are free"),
    "aws_ssm_parameter": ("Parameters", "standard ones are free, and so are AWS's own key and 20,000 uses of it"),
}

# These are settings or parts of something above, or free by nature.
PARTS = {
    "aws_appautoscaling_target",
    "aws_db_subnet_group",
    "aws_default_security_group",
    "aws_ecr_lifecycle_policy",
    "aws_ecs_cluster",
    "aws_glue_catalog_database",
    "aws_internet_gateway",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_scheduler_schedule_group",
    "aws_security_group",
    "aws_service_discovery_service",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
    "aws_subnet",
    "aws_vpc",
}
FAMILIES = ("aws_ce_", "aws_iam_", "aws_lb_", "aws_s3_bucket_", "aws_vpc_security_group_")


def unpriced(resources: Resources) -> tuple[str, ...]:
    """Resource types of which it is not known here whether they cost anything."""
    known = PRICED | FREE.keys() | PARTS
    return tuple(sorted(each for each in resources.types() if each not in known and not each.startswith(FAMILIES)))
