"""A Terraform state cut down to what the architecture's picture shows: neither policies nor what may be secret."""

from typing import Any

from mlops_lab.pipeline.resources import Json

OUTPUTS = ("network_layout", "region")
DRAWN = frozenset(
    [
        "action",
        "alarm_name",
        "arn",
        "assign_public_ip",
        "availability_zone",
        "bucket",
        "cidr_block",
        "cidr_ipv4",
        "cidr_ipv6",
        "condition",
        "cpu",
        "dashboard_name",
        "destination_cidr_block",
        "family",
        "from_port",
        "gateway_id",
        "id",
        "internal",
        "ip_protocol",
        "limit_amount",
        "limit_unit",
        "load_balancer",
        "max_capacity",
        "memory",
        "min_capacity",
        "name",
        "nat_gateway_id",
        "network_configuration",
        "policy_type",
        "port",
        "prefix_list_id",
        "protocol",
        "referenced_security_group_id",
        "resource_id",
        "route_table_id",
        "runtime_platform",
        "security_group_id",
        "security_groups",
        "service_name",
        "state",
        "subnet_id",
        "subnet_ids",
        "subnets",
        "tags",
        "target",
        "task_definition",
        "to_port",
        "type",
        "vpc_endpoint_type",
        "vpc_id",
        "versioning_configuration",
    ]
)


def reduced(state: Json) -> dict[str, Any]:
    """Keep of `terraform show -json` the outputs and attributes that are drawn. Pure."""
    values = state["values"]
    resources = [_reduced(each) for each in values["root_module"]["resources"]]
    return {
        "format_version": state["format_version"],
        "terraform_version": state["terraform_version"],
        "values": {
            "outputs": {name: values["outputs"][name] for name in OUTPUTS},
            "root_module": {"resources": resources},
        },
    }


def _reduced(resource: Json) -> dict[str, Any]:
    kept = {name: resource[name] for name in ("address", "mode", "type", "name", "index") if name in resource}
    values = {name: value for name, value in resource["values"].items() if name in DRAWN}
    return kept | {"values": values}
