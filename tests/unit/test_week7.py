"""What outcome 7.3 accepts: a figure that was measured, high enough, and the badge that was drawn from it."""

import json
from pathlib import Path

import pytest

from mlops_lab.outcomes.outcome import NotReachedError
from mlops_lab.outcomes.week7 import coverage_is_measured_and_enough
from mlops_lab.reporting.coverage_badge import badge
from mlops_lab.settings import Settings


def settings_with(root: Path, lines: float, shown: float) -> Settings:
    """A checkout in which these per cent were measured, and those the badge shows."""
    (root / "reports").mkdir()
    (root / "reports" / "coverage.json").write_text(json.dumps({"lines": lines}))
    (root / "reports" / "coverage.svg").write_text(badge(shown))
    return Settings(root=root, target="local")


def test_enough_lines_and_their_badge_are_evidence(tmp_path: Path):
    assert "93.1 % of the lines" in coverage_is_measured_and_enough(settings_with(tmp_path, 93.1, 93.1))


@pytest.mark.parametrize(
    ("lines", "shown", "said"), [(89.9, 89.9, "90 % must be"), (93.1, 99.0, "shows another figure")]
)
def test_too_few_lines_and_a_badge_of_another_run_are_none(tmp_path: Path, lines: float, shown: float, said: str):
    with pytest.raises(NotReachedError, match=said):
        coverage_is_measured_and_enough(settings_with(tmp_path, lines, shown))


def test_without_a_measurement_one_is_told_what_measures(tmp_path: Path):
    with pytest.raises(NotReachedError, match="make coverage"):
        coverage_is_measured_and_enough(Settings(root=tmp_path, target="local"))
