# Which Terraform, which provider, and where the state is kept.

terraform {
  required_version = ">= 1.11, < 2.0" # 1.11: write-only arguments and the S3 backend's own lock

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # Bucket, key, region and role come from `-backend-config`: they carry the account, which no file here names.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

# Endpoint and credentials come from the environment (AWS_ENDPOINT_URL, AWS_PROFILE, ...), as for every AWS client.
provider "aws" {
  region            = var.region
  s3_use_path_style = var.s3_use_path_style
  max_retries       = var.max_retries

  default_tags {
    tags = local.tags
  }
}

# For ephemeral resources, which a mock provider lacks: `terraform test` mocks the one above and leaves this one unused.
provider "aws" {
  alias  = "ephemeral"
  region = var.region
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:the first two names are taken, and subnets keep the zone they have
  state = "available"
}
