from collections.abc import Mapping
from typing import Any

import pytest

from mlops_lab.reporting.layouts import LAYOUTS, states


class FakeTerraform:
    """Has one layout applied and plans any other."""

    def __init__(self, applied: str):
        self.applied = applied

    def show_json(self) -> dict[str, Any]:
        return {"values": {"outputs": {"network_layout": {"value": self.applied}}}}

    def plan_json(self, variables: Mapping[str, str]) -> dict[str, Any]:
        return {"planned_values": dict(variables)}


@pytest.mark.parametrize("applied", LAYOUTS)
def test_the_applied_layout_is_the_state_and_the_others_are_plans(applied: str) -> None:
    found = states(FakeTerraform(applied))

    assert list(found) == list(LAYOUTS)
    assert found.pop(applied) == FakeTerraform(applied).show_json()
    assert found == {name: {"planned_values": {"network_layout": name}} for name in LAYOUTS if name != applied}
