# Where Terraform's state is kept: every version of it, encrypted, over TLS, for nobody else.

resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV2_AWS_62:nothing waits for a new state
  #checkov:skip=CKV_AWS_18:access logs would need a bucket of their own; CloudTrail shows calls where it is on
  #checkov:skip=CKV_AWS_144:one region; a lost state is a lost list of resources, which their tags give back
  #checkov:skip=CKV_AWS_145:encrypted with AES-256 by S3; secrets are write-only and not in the state
  bucket        = local.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*" # every action: a refusal must leave none out
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}

# The provider waits a minute for this one, so it exists only where history costs money.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count = var.history_days == null ? 0 : 1

  bucket = aws_s3_bucket.state.id

  rule {
    id     = "superseded-states"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.history_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}
