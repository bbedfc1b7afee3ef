# Which cluster the tasks belong to.

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights is billed by metric; the free ECS metrics carry alarms and scaling
  name = var.name

  # Container Insights costs more than the lab's tasks; the free ECS and ALB metrics carry every alarm here.
  setting {
    name  = "containerInsights"
    value = "disabled"
  }
}
