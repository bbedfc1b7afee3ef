"""What is recorded of a lab: a bill that adds up, and a file name for each canary."""

import json
from pathlib import Path

import pytest
from tests.unit.reporting.site.conftest import CANARY

from mlops_lab.reporting.site.record import canary_file, cost

STATES = Path(__file__).parents[1] / "states"


@pytest.mark.parametrize("layout", ["public-tasks", "nat"])
def test_the_lines_of_a_recorded_bill_add_up_to_its_total(layout: str):
    found = cost(json.loads((STATES / f"{layout}.json").read_text()))

    assert found["total"] > 50
    assert sum(line["amount"] for line in found["lines"]) == pytest.approx(found["total"])
    assert found["region"] == "us-east-1"


def test_a_canary_s_file_sorts_by_time_and_has_no_colon():
    assert canary_file(CANARY) == "2026-11-23T100000.000Z-income-3.json"
