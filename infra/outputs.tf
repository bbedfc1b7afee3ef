# What others need to know: releases, checks, notebooks and reports read these.

output "account_id" {
  description = "Account the lab is in."
  value       = local.account
}

output "region" {
  description = "Region the lab is in."
  value       = var.region
}

output "network_layout" {
  description = "Layout that was applied: public-tasks, vpc-endpoints or nat."
  value       = var.network_layout
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one a zone."
  value       = local.subnet_ids["public"]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one a zone."
  value       = local.subnet_ids["private"]
}

output "task_subnet_ids" {
  description = "Ids of the subnets that tasks run in under this layout."
  value       = local.task_subnet_ids
}

output "task_security_group_id" {
  description = "Id of the tasks' security group, which admits the balancer's alone."
  value       = aws_security_group.task.id
}

output "balancer_security_group_id" {
  description = "Id of the load balancer's security group."
  value       = aws_security_group.balancer.id
}

output "endpoint_service_names" {
  description = "Services that the VPC reaches without the internet, by endpoint."
  value       = concat([aws_vpc_endpoint.s3.service_name], [for endpoint in aws_vpc_endpoint.interface : endpoint.service_name])
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "ARN of the ECS cluster."
  value       = aws_ecs_cluster.this.arn
}

output "service_names" {
  description = "Names of the ECS services, by project and track (income-stable)."
  value       = { for key, service in aws_ecs_service.this : key => service.name }
}

output "task_definition_arns" {
  description = "Task definitions that releases copy, by project and track; their image is a placeholder."
  value       = { for key, task in aws_ecs_task_definition.service : key => task.arn }
}

output "container_name" {
  description = "Name of the serving container in every task definition."
  value       = local.container
}

output "container_port" {
  description = "Port the serving container listens on."
  value       = local.container_port
}

output "repository_urls" {
  description = "URLs of the image repositories, by project."
  value       = { for key, repository in aws_ecr_repository.this : key => repository.repository_url }
}

output "balancer_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "balancer_dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "listener_arn" {
  description = "ARN of the listener that serves the projects' paths."
  value       = local.listener_arn
}

output "listener_rule_arns" {
  description = "ARNs of the rules whose weights a canary moves, by project."
  value       = { for key, rule in aws_lb_listener_rule.project : key => rule.arn }
}

output "target_group_arns" {
  description = "ARNs of the target groups, by project and track."
  value       = { for key, group in aws_lb_target_group.this : key => group.arn }
}

output "models_bucket" {
  description = "Name of the versioned bucket of model bundles."
  value       = aws_s3_bucket.this["models"].id
}

output "predictions_bucket" {
  description = "Name of the bucket of the prediction log."
  value       = aws_s3_bucket.this["predictions"].id
}

output "predictions_database" {
  description = "Name of the Glue database over the logged predictions; its tables are called as the projects are."
  value       = aws_glue_catalog_database.predictions.name
}

output "api_key_parameter" {
  description = "Name of the SSM parameter that holds the API key (never its value)."
  value       = aws_ssm_parameter.api_key.name
}

output "log_group_names" {
  description = "CloudWatch log groups of the tasks, by project."
  value       = { for key, group in aws_cloudwatch_log_group.project : key => group.name }
}

output "dashboard_names" {
  description = "Names of the CloudWatch dashboards, by project."
  value       = { for key, dashboard in aws_cloudwatch_dashboard.project : key => dashboard.dashboard_name }
}

output "notices_topic_arn" {
  description = "ARN of the SNS topic of alarms, budget and anomaly notices."
  value       = aws_sns_topic.notices.arn
}

output "execution_role_arn" {
  description = "ARN of the role that starts tasks."
  value       = aws_iam_role.execution.arn
}

output "task_role_arns" {
  description = "ARNs of the roles the serving tasks have, by project."
  value       = { for key, role in aws_iam_role.task : key => role.arn }
}

output "report_role_arns" {
  description = "ARNs of the roles the report tasks have, by project."
  value       = { for key, role in aws_iam_role.report : key => role.arn }
}

output "retrain_role_arns" {
  description = "ARNs of the roles the retraining tasks have, by project."
  value       = { for key, role in aws_iam_role.retrain : key => role.arn }
}

output "deploy_role_arn" {
  description = "ARN of the role GitHub Actions deploys with; null without github_repository."
  value       = one([for role in aws_iam_role.deploy : role.arn])
}

output "train_role_arn" {
  description = "ARN of the role GitHub Actions trains with; null without github_repository."
  value       = one([for role in aws_iam_role.train : role.arn])
}

output "mlflow_service_name" {
  description = "Name of the MLflow server's ECS service."
  value       = aws_ecs_service.mlflow.name
}

output "mlflow_url" {
  description = "URL of the MLflow server for the lab's tasks."
  value       = local.mlflow_url
}

output "jobs_repository_url" {
  description = "URL of the jobs image's repository."
  value       = aws_ecr_repository.jobs.repository_url
}

output "job_task_definition_arns" {
  description = "Task definitions of retraining and reports that runs copy, by project and kind; their image is a placeholder."
  value       = { for key, task in aws_ecs_task_definition.job : key => task.arn }
}

output "schedule_names" {
  description = "Names of the schedules of retraining and reports, by project and kind."
  value       = { for key, schedule in aws_scheduler_schedule.job : key => schedule.name }
}

output "budget_name" {
  description = "Name of the monthly budget."
  value       = aws_budgets_budget.monthly.name
}
