"""Outcome 7.6 without a lab: the release command itself, in a repository of its own."""

import json
from pathlib import Path

import pytest

from mlops_lab.delivery import release
from mlops_lab.outcomes import final_release
from mlops_lab.outcomes.verify import of_week, weeks
from mlops_lab.settings import Settings


def test_every_outcome_of_the_plan_has_a_check():
    counts = {week: len(of_week(week)) for week in weeks()}

    assert counts == release.OUTCOMES
    assert sum(counts.values()) == 48


def test_the_final_release_is_refused_for_each_outcome_and_says_what_was_verified(tmp_path: Path):
    (tmp_path / "reports").mkdir()
    rows = [{"id": "1.1", "status": "pass"}, {"id": "1.2", "status": "fail"}, {"id": "4.4", "status": "not applicable"}]
    (tmp_path / "reports" / "outcomes.json").write_text(json.dumps({"outcomes": rows}))

    said = final_release.a_final_release_needs_all_outcomes(Settings(root=tmp_path, state=tmp_path / ".lab"))

    assert said.startswith("v2.0-final was refused 96 times and tagged once; 2 of the other 47 hold by outcomes.json")
    assert "not 1.2, 1.3" in said


def test_a_release_that_refuses_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(release, "refuse_unproven", lambda results, checked: None)

    with pytest.raises(Exception, match="was tagged though 48 outcomes do not all hold"):
        final_release.a_final_release_needs_all_outcomes(Settings(root=tmp_path, state=tmp_path / ".lab"))
