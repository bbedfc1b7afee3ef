# Who may read and write the state: Terraform's S3 backend takes this role, and it opens nothing else.

resource "aws_iam_role" "terraform" {
  name        = local.role
  description = "Terraform's S3 backend: reads, writes and locks the lab's state"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:PrincipalAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "terraform" {
  name = "state"
  role = aws_iam_role.terraform.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindState"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.bucket_arn
      },
      {
        Sid      = "WriteAndLockState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "${local.bucket_arn}/lab/*"
      },
      {
        # Said aloud, so that no policy added later can open another bucket to it.
        Sid         = "NoOtherBucket"
        Effect      = "Deny"
        Action      = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        NotResource = [local.bucket_arn, "${local.bucket_arn}/*"]
      },
    ]
  })
}
