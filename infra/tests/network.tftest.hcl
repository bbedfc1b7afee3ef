# Whatever the layout: two zones, two tiers, and no way to a task but through the load balancer.

mock_provider "aws" {
  source = "./tests/mocks"
}

# Configured, because the configuration names it, and never called: random_api_key is off.
provider "aws" {
  alias                       = "ephemeral"
  region                      = "us-east-1"
  access_key                  = "unused"
  secret_key                  = "unused"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  environment    = "test"
  random_api_key = false
  api_key        = "a key for tests only"

  random_database_password = false
  database_password        = "passwordfortestsonly"
  mlflow_tracking_uri      = "https://mlflow.example.invalid"
}

run "public_tasks_is_the_default_and_has_no_nat_gateway_and_no_paid_endpoint" {
  assert {
    condition     = output.network_layout == "public-tasks"
    error_message = "the cheapest layout must be the default"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_vpc_endpoint.interface) == 0
    error_message = "public-tasks must not pay for a NAT gateway, an address or an interface endpoint"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.s3.route_table_ids) == 2
    error_message = "S3 must be reached through the gateway endpoint from both tiers"
  }

  assert {
    condition     = toset(output.task_subnet_ids) == toset(output.public_subnet_ids)
    error_message = "tasks must run in the public subnets"
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.network_configuration[0].assign_public_ip])
    error_message = "a task in a public subnet needs a public address to reach ECR"
  }

  assert {
    condition     = length(aws_subnet.this) == 4 && length(distinct([for subnet in aws_subnet.this : subnet.availability_zone])) == 2
    error_message = "there must be two tiers in two zones"
  }

  assert {
    condition     = length(distinct([for subnet in aws_subnet.this : subnet.cidr_block])) == 4
    error_message = "subnets must not share addresses"
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.task.referenced_security_group_id == aws_security_group.balancer.id
      && aws_vpc_security_group_ingress_rule.task.cidr_ipv4 == null
      && aws_vpc_security_group_ingress_rule.task.from_port == 8000
      && aws_vpc_security_group_ingress_rule.task.to_port == 8000
    )
    error_message = "only the load balancer's group may reach a task, and only on its port"
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.network_configuration[0].security_groups == toset([aws_security_group.task.id])])
    error_message = "a service must carry the tasks' group and no other"
  }
}

run "vpc_endpoints_keeps_tasks_private_and_opens_no_way_to_the_internet" {
  variables {
    network_layout = "vpc-endpoints"
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs", "ssm"])
    error_message = "image, logs and secrets each need an endpoint"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0
    error_message = "vpc-endpoints must not pay for a NAT gateway"
  }

  assert {
    condition     = toset(output.task_subnet_ids) == toset(output.private_subnet_ids) && alltrue([for service in aws_ecs_service.this : !service.network_configuration[0].assign_public_ip])
    error_message = "tasks must run in the private subnets, without an address"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.task_internet) == 0 && length(aws_vpc_security_group_egress_rule.task_endpoint) == 1 && length(aws_vpc_security_group_egress_rule.task_s3) == 1
    error_message = "tasks may call the endpoints and S3, and nothing else"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoint[0].referenced_security_group_id == aws_security_group.task.id
    error_message = "endpoints must be called by tasks alone"
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.task.referenced_security_group_id == aws_security_group.balancer.id
      && aws_vpc_security_group_ingress_rule.task.cidr_ipv4 == null
      && aws_vpc_security_group_ingress_rule.task.from_port == 8000
      && aws_vpc_security_group_ingress_rule.task.to_port == 8000
    )
    error_message = "only the load balancer's group may reach a task, and only on its port"
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.network_configuration[0].security_groups == toset([aws_security_group.task.id])])
    error_message = "a service must carry the tasks' group and no other"
  }
}

run "nat_is_the_only_layout_with_a_nat_gateway" {
  variables {
    network_layout = "nat"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && aws_route.nat[0].nat_gateway_id == aws_nat_gateway.this[0].id
    error_message = "private subnets must reach the internet through one NAT gateway"
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "nat must not pay for interface endpoints as well"
  }

  assert {
    condition     = toset(output.task_subnet_ids) == toset(output.private_subnet_ids) && alltrue([for service in aws_ecs_service.this : !service.network_configuration[0].assign_public_ip])
    error_message = "tasks must run in the private subnets, without an address"
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.task.referenced_security_group_id == aws_security_group.balancer.id
      && aws_vpc_security_group_ingress_rule.task.cidr_ipv4 == null
      && aws_vpc_security_group_ingress_rule.task.from_port == 8000
      && aws_vpc_security_group_ingress_rule.task.to_port == 8000
    )
    error_message = "only the load balancer's group may reach a task, and only on its port"
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.network_configuration[0].security_groups == toset([aws_security_group.task.id])])
    error_message = "a service must carry the tasks' group and no other"
  }
}

run "every_bucket_refuses_every_action_without_tls" {
  assert {
    condition     = toset(keys(aws_s3_bucket_policy.this)) == toset(keys(aws_s3_bucket.this))
    error_message = "every bucket must have a policy"
  }

  assert {
    condition = alltrue([for policy in aws_s3_bucket_policy.this : anytrue([
      for each in jsondecode(policy.policy).Statement :
      each.Effect == "Deny" && each.Principal == "*" && each.Action == "s3:*" && each.Condition.Bool["aws:SecureTransport"] == "false" && length(each.Resource) == 2
    ])])
    error_message = "every bucket must refuse everybody without TLS"
  }
}

run "the_balancer_admits_only_the_ranges_it_is_told" {
  variables {
    allowed_cidrs = ["203.0.113.0/24"]
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.balancer : "${rule.cidr_ipv4} ${rule.from_port}"] == ["203.0.113.0/24 80"]
    error_message = "the balancer must be open to allowed_cidrs on port 80 and to nothing else"
  }
}

run "a_certificate_moves_serving_to_443_and_redirects_80" {
  variables {
    certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1"
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.https[0].port == 443
    error_message = "port 80 must redirect to 443"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.balancer : rule.from_port]) == toset([80, 443])
    error_message = "the balancer must be open on 80 and 443"
  }
}
