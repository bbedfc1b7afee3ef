# What is kept: model bundles, every version of them, and the log of predictions.

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV2_AWS_62:nothing waits for an object: readers list by prefix
  #checkov:skip=CKV_AWS_18:access logs would need a bucket of their own; CloudTrail shows calls where it is on
  #checkov:skip=CKV_AWS_144:one region; a bundle can be trained again from its commit and data hash
  #checkov:skip=CKV_AWS_21:models are versioned (below); predictions are written once under names of their own
  #checkov:skip=CKV_AWS_145:encrypted with AES-256 by S3; a key of one's own costs 1 USD a month and by the request
  for_each = local.buckets

  bucket        = each.value
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# A deploy pins a bundle's version, so a version must never be overwritten out of reach.
resource "aws_s3_bucket_versioning" "models" {
  bucket = aws_s3_bucket.this["models"].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*" # every action: a refusal must leave none out
      Resource  = [local.bucket_arns[each.key], "${local.bucket_arns[each.key]}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

# The provider waits a minute for these, so they exist only where history costs money.
resource "aws_s3_bucket_lifecycle_configuration" "models" {
  count = var.history_days == null ? 0 : 1

  bucket = aws_s3_bucket.this["models"].id

  rule {
    id     = "superseded-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.history_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.models]
}

resource "aws_s3_bucket_lifecycle_configuration" "predictions" {
  count = var.history_days == null ? 0 : 1

  bucket = aws_s3_bucket.this["predictions"].id

  rule {
    id     = "old-predictions"
    status = "Enabled"

    filter {
      prefix = "predictions/"
    }

    expiration {
      days = var.history_days
    }
  }

  rule {
    id     = "abandoned-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
