from collections.abc import Callable
from typing import Any

import pytest

from mlops_lab.pipeline.resources import read
from mlops_lab.reporting.architecture import Architecture, describe
from mlops_lab.reporting.findings import reach

State = Callable[[str], dict[str, Any]]


def rules(show: dict[str, Any], kind: str, name: str) -> list[dict[str, Any]]:
    held = show["values"]["root_module"]["resources"]
    return [each["values"] for each in held if (each["type"], each["name"]) == (kind, name)]


def shape_of(show: dict[str, Any]) -> Architecture:
    return describe(read(show))


def test_tasks_are_called_by_the_balancer_only_in_every_layout(state: State, layout: str) -> None:
    shape = shape_of(state(layout))

    assert shape.callers() == {"mlops-lab-balancer"}
    assert shape.only_the_balancer_calls_tasks()
    assert "from **nothing else** (`tcp 8000` from `mlops-lab-balancer`)" in reach(shape)


@pytest.mark.parametrize("peer", [{"cidr_ipv4": "0.0.0.0/0"}, {"prefix_list_id": "pl-1"}])
def test_another_caller_is_seen_and_named(state: State, peer: dict[str, str]) -> None:
    show = state("public-tasks")
    extra = {"security_group_id": rules(show, "aws_security_group", "task")[0]["id"], "ip_protocol": "-1", **peer}
    resource = {"address": "x", "mode": "managed", "type": "aws_vpc_security_group_ingress_rule", "name": "x"}
    show["values"]["root_module"]["resources"].append({**resource, "values": extra})

    shape = shape_of(show)

    assert not shape.only_the_balancer_calls_tasks()
    assert next(iter(peer.values())) in reach(shape)
    assert "everything" in reach(shape)


def test_a_task_that_nobody_may_call_is_not_taken_for_a_protected_one(state: State) -> None:
    show = state("nat")
    held = show["values"]["root_module"]["resources"]
    kept = [each for each in held if (each["type"], each["name"]) != ("aws_vpc_security_group_ingress_rule", "task")]
    show["values"]["root_module"]["resources"] = kept

    assert not shape_of(show).only_the_balancer_calls_tasks()


def test_a_subnet_is_public_by_its_route_and_not_by_its_name(state: State) -> None:
    show = state("public-tasks")
    for route in rules(show, "aws_route", "internet"):
        route["gateway_id"] = ""

    assert not any(subnet.public for subnet in shape_of(show).subnets)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("public-tasks", "through the internet gateway with an address of their own"),
        ("vpc-endpoints", "through interface endpoints (ecr.api, ecr.dkr, logs, ssm), without a way to the internet"),
        ("nat", "through 1 NAT gateway, and S3 through its gateway endpoint"),
    ],
)
def test_the_way_out_is_told_as_it_is(state: State, name: str, way: str) -> None:
    assert way in reach(shape_of(state(name)))
