import io
from dataclasses import replace

import pytest
from rich.console import Console
from tests.unit.delivery.canary.world import FAILING, World, controller

from mlops_lab.delivery.canary.display import Display, summary
from mlops_lab.delivery.canary.state import Failures, Loss


@pytest.mark.parametrize("terminal", [False, True])
def test_every_step_is_shown_with_weight_counts_and_verdict(terminal: bool):
    shown = io.StringIO()
    world = World(canary_counts=FAILING)
    driving = controller(world)
    with Display(Console(file=shown, width=200, force_terminal=terminal)) as display:
        driving._parts = replace(driving._parts, show=display)
        driving.drive()

    text = shown.getvalue()
    assert "version 2 is healthy beside stable" in text
    assert "50.0%" in text
    assert "roll back" in text
    assert text.count("stable has all requests") == 1


def test_a_rolled_back_canary_is_summed_up_with_its_losses():
    done = controller(World(canary_counts=FAILING)).drive()
    failures = Failures(Loss(100, 7, 60, {}), 7, 0)

    lines = summary(done.told(World().now, "counted", failures=failures))

    assert lines[0].startswith("income version 2 (5 %, 50 %): rolled back: 5xx")
    assert lines[1].startswith("stable had all requests again after ")
    assert lines[2].startswith("clients: 7 of 100 requests failed (at most 60 met it)")
