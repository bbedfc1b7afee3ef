# What the main configuration's backend needs to know.

output "state_bucket" {
  description = "Name of the bucket of Terraform's state."
  value       = aws_s3_bucket.state.id
}

output "terraform_role_arn" {
  description = "ARN of the role that Terraform reaches its state through."
  value       = aws_iam_role.terraform.arn
}

output "region" {
  description = "Region of the bucket."
  value       = var.region
}
