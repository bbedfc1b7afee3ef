# What keeps MLflow's runs on AWS: Postgres, where mlflow_database asks for it.

locals {
  database = var.mlflow_database == null ? {} : { mlflow = var.mlflow_database }
}

resource "aws_db_subnet_group" "mlflow" {
  count = length(local.database)

  name       = local.mlflow_name
  subnet_ids = local.subnet_ids["private"]
}

resource "aws_security_group" "database" {
  count = length(local.database)

  name        = "${var.name}-database"
  description = "MLflow's database: called by the MLflow server alone"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = length(local.database)

  security_group_id            = aws_security_group.database[0].id
  description                  = "MLflow"
  referenced_security_group_id = aws_security_group.mlflow.id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "mlflow_database" {
  count = length(local.database)

  security_group_id            = aws_security_group.mlflow.id
  description                  = "MLflow's database"
  referenced_security_group_id = aws_security_group.database[0].id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}

resource "aws_db_instance" "mlflow" {
  #checkov:skip=CKV_AWS_293:make destroy must be able to remove the lab
  #checkov:skip=CKV_AWS_157:a second zone doubles the price; runs and versions survive in daily backups, models in S3
  #checkov:skip=CKV_AWS_353:not offered for the smallest class, which is enough for MLflow
  #checkov:skip=CKV_AWS_118:enhanced monitoring is billed as logs; the free metrics show CPU, memory and storage
  #checkov:skip=CKV_AWS_129:the server logs what fails; exported database logs are billed by the GB
  #checkov:skip=CKV2_AWS_30:query logging would write model metadata into logs that more people may read
  #checkov:skip=CKV_AWS_161:MLflow takes its store as one URI with a password, which SSM keeps; tokens of IAM last 15 minutes
  count = length(local.database)

  identifier                   = local.mlflow_name
  engine                       = "postgres"
  engine_version               = "16"
  instance_class               = var.mlflow_database.instance_class
  allocated_storage            = var.mlflow_database.storage_gb
  storage_type                 = "gp3"
  storage_encrypted            = true
  db_name                      = "mlflow"
  username                     = local.database_username
  password_wo                  = local.database_password
  password_wo_version          = local.database_version
  db_subnet_group_name         = aws_db_subnet_group.mlflow[0].name
  vpc_security_group_ids       = [aws_security_group.database[0].id]
  publicly_accessible          = false
  backup_retention_period      = 7
  auto_minor_version_upgrade   = true
  performance_insights_enabled = false
  deletion_protection          = !var.force_destroy
  copy_tags_to_snapshot        = true
  skip_final_snapshot          = var.force_destroy
  final_snapshot_identifier    = var.force_destroy ? null : "${local.mlflow_name}-final"

  tags = { Service = "mlflow" }
}
