# Who may train and deploy from outside: workflows of one GitHub repository, without a stored key.

locals {
  github = var.github_repository == null ? toset([]) : toset([var.github_repository])
  # A job that names an environment is known by that; the environment itself admits the main branch only.
  subjects = { train = "ref:refs/heads/main", deploy = "environment:production" }
  trust_github = {
    for role, subject in local.subjects : role => {
      for repository in local.github : repository => jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = { Federated = aws_iam_openid_connect_provider.github[repository].arn }
          Action    = "sts:AssumeRoleWithWebIdentity"
          Condition = {
            StringEquals = {
              "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
              "token.actions.githubusercontent.com:sub" = "repo:${repository}:${subject}"
            }
          }
        }]
      })
    }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  for_each = local.github

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "deploy" {
  for_each = local.github

  name               = "${var.name}-deploy"
  description        = "GitHub Actions in the environment production of ${each.value}"
  assume_role_policy = local.trust_github["deploy"][each.key]
}

resource "aws_iam_role_policy" "deploy" {
  for_each = local.github

  name = "deploy"
  role = aws_iam_role.deploy[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Look"
        Effect = "Allow"
        Action = [
          "ecr:GetAuthorizationToken",
          "ecs:DescribeTaskDefinition",
          "ecs:ListTasks",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeRules",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
        ]
        Resource = "*" # none of these takes a resource
      },
      {
        Sid    = "PushImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = values(local.arn.repository)
      },
      {
        Sid      = "RegisterDefinitions"
        Effect   = "Allow"
        Action   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
        Resource = [for key in keys(local.services) : "arn:${local.partition}:ecs:${var.region}:${local.account}:task-definition/${var.name}-${key}:*"]
      },
      {
        Sid      = "UpdateServices"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
        Resource = [for key in keys(local.services) : "arn:${local.partition}:ecs:${var.region}:${local.account}:service/${var.name}/${var.name}-${key}"]
      },
      {
        Sid      = "SeeWhyTasksStop"
        Effect   = "Allow"
        Action   = "ecs:DescribeTasks"
        Resource = "arn:${local.partition}:ecs:${var.region}:${local.account}:task/${var.name}/*"
      },
      {
        Sid       = "PassTaskRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = concat([aws_iam_role.execution.arn], [for role in aws_iam_role.task : role.arn])
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "MoveWeights"
        Effect   = "Allow"
        Action   = "elasticloadbalancing:ModifyRule"
        Resource = [for rule in aws_lb_listener_rule.project : rule.arn]
      },
      {
        Sid      = "ReadBundles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = values(local.arn.models)
      },
      {
        Sid      = "FindBundles"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.bucket_arns["models"]
      },
    ]
  })
}

resource "aws_iam_role" "train" {
  for_each = local.github

  name               = "${var.name}-train"
  description        = "GitHub Actions on the main branch of ${each.value}"
  assume_role_policy = local.trust_github["train"][each.key]
}

resource "aws_iam_role_policy" "train" {
  for_each = local.github

  name = "train"
  role = aws_iam_role.train[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindBundles"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketVersions"]
        Resource = local.bucket_arns["models"]
      },
      {
        Sid      = "AddBundles"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"] # deletes what it could not complete
        Resource = values(local.arn.models)
      },
    ]
  })
}
