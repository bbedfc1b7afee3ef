# Where things run and who may talk to whom.

locals {
  zones         = slice(data.aws_availability_zones.this.names, 0, 2)
  private_tasks = var.network_layout != "public-tasks"
  subnets = merge(
    { for index, zone in local.zones : "public-${index}" => { tier = "public", zone = zone, number = index } },
    { for index, zone in local.zones : "private-${index}" => { tier = "private", zone = zone, number = index + 10 } },
  )
  subnet_ids = {
    for tier in ["public", "private"] :
    tier => [for key, subnet in local.subnets : aws_subnet.this[key].id if subnet.tier == tier]
  }
  task_subnet_ids = local.subnet_ids[local.private_tasks ? "private" : "public"]

  # What a Fargate task needs before its own code runs: image, log stream, secrets.
  interface_endpoints = var.network_layout == "vpc-endpoints" ? toset(["ecr.api", "ecr.dkr", "logs", "ssm"]) : toset([])
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:flow logs are billed by the GB; security groups let only the balancer reach a task
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = var.network_layout == "vpc-endpoints" || var.mlflow_url == null # for names in the VPC

  tags = { Name = var.name }
}

# The group that AWS attaches where none is named: closed.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value.zone
  cidr_block        = cidrsubnet(var.vpc_cidr, 8, each.value.number)

  tags = { Name = "${var.name}-${each.key}", Tier = each.value.tier }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table" "this" {
  for_each = toset(["public", "private"])

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table_association" "this" {
  for_each = local.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this[each.value.tier].id
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.this["public"].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

# One gateway, not one a zone: the lab accepts that its tasks cannot start while that zone is out.
resource "aws_eip" "nat" {
  count = var.network_layout == "nat" ? 1 : 0

  domain = "vpc"

  tags = { Name = "${var.name}-nat" }
}

resource "aws_nat_gateway" "this" {
  count = var.network_layout == "nat" ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.this["public-0"].id

  tags = { Name = var.name }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route" "nat" {
  count = var.network_layout == "nat" ? 1 : 0

  route_table_id         = aws_route_table.this["private"].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}

# Image layers, bundles and the prediction log travel through this one, at no charge.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.this : table.id]

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = local.subnet_ids["private"]
  security_group_ids  = [aws_security_group.endpoint[0].id]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "The load balancer: called by allowed_cidrs, calls the tasks"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = { for pair in setproduct(var.allowed_cidrs, local.listener_ports) : "${pair[0]}:${pair[1]}" => { cidr = pair[0], port = pair[1] } }

  security_group_id = aws_security_group.balancer.id
  description       = "Clients"
  cidr_ipv4         = each.value.cidr
  from_port         = each.value.port
  to_port           = each.value.port
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "Tasks"
  referenced_security_group_id = aws_security_group.task.id
  from_port                    = local.container_port
  to_port                      = local.container_port
  ip_protocol                  = "tcp"
}

resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "Tasks: called by the load balancer alone"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-task" }
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  security_group_id            = aws_security_group.task.id
  description                  = "The load balancer, and nobody else"
  referenced_security_group_id = aws_security_group.balancer.id
  from_port                    = local.container_port
  to_port                      = local.container_port
  ip_protocol                  = "tcp"
}

# With a way to the internet, tasks may call HTTPS anywhere: ECR, Logs and SSM publish no list of addresses.
resource "aws_vpc_security_group_egress_rule" "task_internet" {
  count = var.network_layout == "vpc-endpoints" ? 0 : 1

  security_group_id = aws_security_group.task.id
  description       = "AWS APIs over HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "task_s3" {
  count = var.network_layout == "vpc-endpoints" ? 1 : 0

  security_group_id = aws_security_group.task.id
  description       = "S3 through its gateway endpoint"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "task_endpoint" {
  count = var.network_layout == "vpc-endpoints" ? 1 : 0

  security_group_id            = aws_security_group.task.id
  description                  = "AWS APIs through their interface endpoints"
  referenced_security_group_id = aws_security_group.endpoint[0].id
  from_port                    = 443
  to_port                      = 443
  ip_protocol                  = "tcp"
}

resource "aws_security_group" "endpoint" {
  count = var.network_layout == "vpc-endpoints" ? 1 : 0

  name        = "${var.name}-endpoint"
  description = "Interface endpoints: called by the tasks alone"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoint" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoint" {
  count = var.network_layout == "vpc-endpoints" ? 1 : 0

  security_group_id            = aws_security_group.endpoint[0].id
  description                  = "Tasks"
  referenced_security_group_id = aws_security_group.task.id
  from_port                    = 443
  to_port                      = 443
  ip_protocol                  = "tcp"
}
