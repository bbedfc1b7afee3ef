# How logged predictions are asked in SQL: a table for each project over its Parquet files, which needs no crawler.

locals {
  prediction_prefix = { for key in keys(var.projects) : key => "predictions/project=${key}" }
  prediction_folder = "/mnt/predictions"

  # What every answer is logged with; the fields of each project's requests follow.
  prediction_columns = [
    { name = "request_id", type = "string" },
    { name = "row", type = "int" },
    { name = "logged_at", type = "timestamp" },
    { name = "model_version", type = "string" },
    { name = "latency_ms", type = "double" },
    { name = "score", type = "double" },
  ]
}

resource "aws_glue_catalog_database" "predictions" {
  name        = replace("${var.name}-predictions", "-", "_")
  description = "Predictions of the lab, as they were logged"
}

# Logged at least once: a query takes each (request_id, row) once.
resource "aws_glue_catalog_table" "predictions" {
  for_each = var.projects

  name          = replace(each.key, "-", "_")
  database_name = aws_glue_catalog_database.predictions.name
  description   = "Predictions of ${each.key}; a row is known by request_id and row"
  table_type    = "EXTERNAL_TABLE"

  # Athena computes the partitions from these instead of looking them up.
  parameters = {
    "EXTERNAL"                  = "TRUE"
    "classification"            = "parquet"
    "projection.enabled"        = "true"
    "projection.project.type"   = "enum"
    "projection.project.values" = each.key
    "projection.date.type"      = "date"
    "projection.date.format"    = "yyyy-MM-dd"
    "projection.date.range"     = "NOW-3YEARS,NOW"
    "projection.hour.type"      = "integer"
    "projection.hour.range"     = "0,23"
    "projection.hour.digits"    = "2"
    "storage.location.template" = "s3://${local.buckets["predictions"]}/predictions/project=$${project}/date=$${date}/hour=$${hour}/"
  }

  dynamic "partition_keys" {
    for_each = ["project", "date", "hour"]

    content {
      name = partition_keys.value
      type = "string"
    }
  }

  storage_descriptor {
    location      = "s3://${local.buckets["predictions"]}/${local.prediction_prefix[each.key]}/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }

    dynamic "columns" {
      for_each = concat(local.prediction_columns, each.value.fields)

      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}

# What came of it, known later and joined by request_id and row.
resource "aws_glue_catalog_table" "labels" {
  for_each = var.projects

  name          = "${replace(each.key, "-", "_")}_labels"
  database_name = aws_glue_catalog_database.predictions.name
  description   = "True outcomes of ${each.key}'s predictions, as they arrived"
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    "EXTERNAL"       = "TRUE"
    "classification" = "parquet"
  }

  storage_descriptor {
    location      = "s3://${local.buckets["predictions"]}/labels/project=${each.key}/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }

    dynamic "columns" {
      for_each = { request_id = "string", row = "int", label = "double" }

      content {
        name = columns.key
        type = columns.value
      }
    }
  }
}
