import re
from pathlib import Path

import pytest

from mlops_lab.pipeline.cost import monthly_bill
from mlops_lab.pipeline.projection import (
    BUSY,
    Night,
    by_size,
    per_thousand,
    resized,
    sizing,
    stopped_at_night,
    task_hour,
)
from mlops_lab.pipeline.resources import Resource, Resources, read

QUARTER = 0.25 * 0.04048 + 0.5 * 0.004445  # USD an hour of the smallest task


def service(name: str, **tags: str) -> Resource:
    network = [{"assign_public_ip": True}]
    values = {"name": name, "network_configuration": network, "tags": tags}
    return Resource(f"aws_ecs_service.{name}", "aws_ecs_service", name, "", values)


def definition(family: str, cpu: int, memory: int) -> Resource:
    values = {"family": family, "cpu": str(cpu), "memory": str(memory)}
    return Resource(f"aws_ecs_task_definition.{family}", "aws_ecs_task_definition", family, "", values)


# As a first plan has it: nothing has an ARN yet.
LAB = Resources(
    (
        service("lab-income-stable", Track="stable", Service="income"),
        service("lab-mlflow", Service="mlflow"),
        definition("lab-income-stable", 256, 512),
        definition("lab-mlflow", 256, 1024),
    )
)


def test_a_service_that_has_no_definition_s_arn_yet_is_priced_by_its_own_name() -> None:
    assert monthly_bill(LAB).group("tasks") == pytest.approx(730 * (2 * QUARTER + 0.5 * 0.004445))


def test_another_size_changes_the_serving_tasks_alone() -> None:
    sizes = {
        each.values["family"]: each.values["cpu"] for each in resized(LAB, 1024, 2048).of("aws_ecs_task_definition")
    }

    assert sizes == {"lab-income-stable": "1024", "lab-mlflow": "256"}


def test_a_larger_task_costs_more() -> None:
    totals = [bill.total for bill in by_size(LAB).values()]

    assert totals == sorted(totals)
    assert len(set(totals)) == len(totals)


def test_a_night_of_twelve_hours_saves_half_of_tasks_and_their_addresses() -> None:
    bill = monthly_bill(LAB)

    saving = stopped_at_night(bill, Night(20, 8))

    assert saving.stopped == pytest.approx(bill.group("tasks") + 2 * 730 * 0.005)
    assert saving.monthly == pytest.approx(saving.stopped / 2)


def test_a_night_may_begin_after_midnight() -> None:
    assert Night(1, 7).share == 0.25
    assert Night(22, 6).share == pytest.approx(1 / 3)


def test_a_thousand_predictions_cost_the_seconds_they_take() -> None:
    assert per_thousand(3.6, 100) == pytest.approx(0.01)  # ten seconds at a tenth of a cent


def test_a_task_answers_what_its_share_of_a_core_allows_and_costs_its_hour() -> None:
    small, *_, large = sizing(0.001, rows=10, address=False)

    assert (small.size, large.size) == ("0.25 vCPU, 512 MiB", "1 vCPU, 2048 MiB")
    assert small.requests_per_second == pytest.approx(0.6 * 0.25 / 0.001)
    assert large.requests_per_second == pytest.approx(4 * small.requests_per_second)
    assert small.per_million == pytest.approx(task_hour(256, 512, False) / 3600 / 150 / 10 * 1e6)


def test_an_address_makes_a_prediction_dearer_and_more_rows_cheaper() -> None:
    bare, addressed = (sizing(0.001, 1, address)[0].per_million for address in (False, True))

    assert addressed > bare
    assert sizing(0.001, 100, False)[0].per_million == pytest.approx(bare / 100)


def test_tasks_are_sized_for_the_share_that_autoscaling_keeps_them_at() -> None:
    variables = (Path(__file__).parents[3] / "infra" / "variables.tf").read_text()
    kept = re.findall(r'variable "scaling" \{.*?cpu_percent\s*=\s*optional\(number, (\d+)\)', variables, re.DOTALL)

    assert [float(each) / 100 for each in kept] == [BUSY]


def test_a_request_that_takes_no_time_has_no_size() -> None:
    with pytest.raises(ValueError, match="has no size"):
        sizing(0.0, 1, False)


def test_a_rate_of_nothing_has_no_price() -> None:
    with pytest.raises(ValueError, match="no price"):
        per_thousand(1.0, 0)


def test_an_hour_of_a_task_is_its_size_and_its_address() -> None:
    assert task_hour(256, 512, address=True) == pytest.approx(QUARTER + 0.005)


def test_before_the_first_apply_a_balancer_is_counted_in_every_public_subnet() -> None:
    subnets = [
        {
            "address": f"s{n}",
            "mode": "managed",
            "type": "aws_subnet",
            "name": f"s{n}",
            "values": {"tags": {"Tier": tier}},
        }
        for n, tier in enumerate(("public", "public", "private"))
    ]
    balancer = {"address": "lb", "mode": "managed", "type": "aws_lb", "name": "this", "values": {"internal": False}}
    bare = {"address": "r", "mode": "managed", "type": "aws_route_table_association", "name": "r"}  # all yet unknown

    bill = monthly_bill(read({"planned_values": {"root_module": {"resources": [*subnets, balancer, bare]}}}))

    assert {line.what: line.count for line in bill.lines}["Public IPv4, load balancer"] == 2
