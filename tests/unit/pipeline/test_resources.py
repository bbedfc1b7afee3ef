from typing import Any

import pytest

from mlops_lab.pipeline.resources import read


def entry(address: str, mode: str = "managed", **values: Any) -> dict[str, Any]:
    kind, name = address.split(".")[-2:]
    return {"address": address, "mode": mode, "type": kind, "name": name, "values": values}


def test_child_modules_are_read_and_data_sources_are_not() -> None:
    grandchild = {"resources": [entry("module.a.module.b.aws_eip.this")]}
    child = {"resources": [entry("module.a.aws_lb.this")], "child_modules": [grandchild]}
    root = {
        "resources": [entry("aws_vpc.this"), entry("data.aws_caller_identity.me", "data")],
        "child_modules": [child],
    }

    found = read({"values": {"root_module": root}})

    assert [each.address for each in found.all] == [
        "aws_vpc.this",
        "module.a.aws_lb.this",
        "module.a.module.b.aws_eip.this",
    ]


def test_a_plan_is_read_by_what_it_plans() -> None:
    before, after = ({"root_module": {"resources": [entry(f"aws_vpc.{name}")]}} for name in ("before", "after"))

    assert [each.name for each in read({"planned_values": after, "values": before}).all] == ["after"]


def test_an_empty_state_holds_nothing() -> None:
    assert read({"format_version": "1.0"}).all == ()


@pytest.mark.parametrize(
    "reference", ["arn:aws:ecs:us-east-1:1:task-definition/api:12", "arn:aws:ecs::1:task-definition/api"]
)
def test_a_task_definition_is_found_by_its_family_whatever_the_revision(reference: str) -> None:
    resources = read({"values": {"root_module": {"resources": [entry("aws_ecs_task_definition.api", family="api")]}}})

    found = resources.definition(reference)

    assert found is not None
    assert found.values["family"] == "api"
