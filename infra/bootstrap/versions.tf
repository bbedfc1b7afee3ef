# Which Terraform and provider make the ground the lab's own state stands on.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # The state of the state bucket cannot be in it. `-backend-config=path=...` keeps this one in the lab's own folder
  # (.lab/terraform/<target>/bootstrap.tfstate); a clone without that file adopts what an earlier one made.
  backend "local" {}
}

# Endpoint and credentials come from the environment (AWS_ENDPOINT_URL, AWS_PROFILE, ...).
provider "aws" {
  region            = var.region
  s3_use_path_style = var.s3_use_path_style
  max_retries       = var.max_retries

  default_tags {
    tags = {
      Project     = var.name
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  account    = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  bucket     = "${var.name}-tfstate-${local.account}"
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"
  role       = "${var.name}-terraform"
}

# What an earlier clone made in this account is taken over instead of made again.
import {
  for_each = contains(var.adopt, "bucket") ? toset([local.bucket]) : toset([])

  to = aws_s3_bucket.state
  id = each.value
}

import {
  for_each = contains(var.adopt, "role") ? toset([local.role]) : toset([])

  to = aws_iam_role.terraform
  id = each.value
}
