# Where images are kept.

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:encrypted with AES-256 by ECR; images hold code from this repository and no data
  for_each = var.projects

  name                 = each.value.repository
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }

  tags = { Service = each.key }
}

# Training, reports and the MLflow server share one.
resource "aws_ecr_repository" "jobs" {
  #checkov:skip=CKV_AWS_136:encrypted with AES-256 by ECR; images hold code from this repository and public data
  name                 = "mlops-jobs"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }

  tags = { Service = "jobs" }
}

locals {
  image_lifecycle = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Layers that no tag names any more"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "All but the last 20 images"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.projects

  repository = aws_ecr_repository.this[each.key].name
  policy     = local.image_lifecycle
}

resource "aws_ecr_lifecycle_policy" "jobs" {
  repository = aws_ecr_repository.jobs.name
  policy     = local.image_lifecycle
}
