"""A model card says what its sources say, and refuses what has no version or no losses."""

from dataclasses import replace
from typing import Any

import pytest

from mlops_lab import projects
from mlops_lab.errors import LabError
from mlops_lab.registry import bundle
from mlops_lab.registry.history import Stored, TrainingRun
from mlops_lab.registry.promotion import Promotion
from mlops_lab.registry.tracking import Version
from mlops_lab.reporting.model_card import LARGEST, card

RUN = TrainingRun(
    "run-1",
    "FINISHED",
    {},
    {},
    {"log_loss": 0.28, "constant_log_loss": 0.55, "logistic_log_loss": 0.32, "constant_auc": 0.5},
    Version("7", "run-1", "s3://models/income/7/", "ab" * 32, ("champion",)),
)
MOVE = Promotion("2026-11-23T10:00:00Z", "me", "better", "6", "7")


def group(name: str, rows: int) -> dict[str, Any]:
    return {"attribute": "race", "group": name, "rows": rows, "selection_rate": 0.3}


def stored(performance: dict[str, Any] | None) -> Stored:
    score = {"kind": "number", "rows": 100, "missing": 0, "edges": [0.2, 0.9], "counts": [30, 30, 40]}
    profile = {"features": {}, "score": score} | ({"performance": performance} if performance else {})
    spec = [{"name": "age", "kind": "number", "categories": [], "how": None, "sources": []}]
    facts = {
        "title": "Income",
        "created": "2026-11-23T09:00:00+00:00",
        "commit": "c0ffee",
        "run_id": "run-1",
        "data": {"file": "adult.parquet", "sha256": "cd" * 32, "rows": 48842, "source": "UCI", "licence": "CC BY 4.0"},
        "rows": {"train": 300, "validation": 50, "test": 100},
        "parity": {"largest_difference": 1e-7, "rows": 100, "tolerance": 1e-5},
        "versions": {"python": "3.11"},
        "metrics": {"log_loss": 0.28},
        "task": {"kind": "classification", "threshold": 0.25},
    }
    files = {
        bundle.PROFILE: bundle.encode(profile),
        bundle.FEATURES: bundle.encode({"features": spec}),
        bundle.MODEL: b"",
        bundle.REQUEST_SCHEMA: b"{}",
    }
    return Stored({}, bundle.seal(facts, files))


GATE = {"checks": ["auc 0.92, at least 0.91"], "champion": "log_loss is 0.28, the champion's 0.29"}
LOSSES = {"metric": "log_loss", "mean": 0.28, "deviation": 0.5, "rows": 100}


def test_a_card_tells_use_metric_with_interval_baselines_and_lineage():
    found = card(projects.get("income"), RUN, stored(LOSSES), GATE, [], [MOVE])

    assert found["metric"]["interval"] == pytest.approx([0.28 - 0.098, 0.28 + 0.098])
    assert found["baselines"] == [{"name": "constant", "value": 0.55}, {"name": "logistic", "value": 0.32}]
    assert found["use"]["decision"].startswith("'>50K' from a probability of 0.250")
    assert (found["version"], found["data"]["sha256"], found["commit"]) == ("7", "cd" * 32, "c0ffee")
    assert found["promotions"][0]["why"] == "better"
    assert any("no claim of fairness" in limit for limit in found["limits"])


def test_the_largest_groups_are_shown_and_the_others_counted():
    groups = [group(f"g{rows}", rows) for rows in range(1, LARGEST + 3)]

    found = card(projects.get("income"), RUN, stored(LOSSES), GATE, groups, [])["groups"]

    assert [each["rows"] for each in found[0]["shown"]] == sorted(range(3, LARGEST + 3), reverse=True)
    assert found[0]["left_out"] == 2


def test_a_run_that_became_no_version_has_no_card():
    with pytest.raises(LabError, match="became no version"):
        card(projects.get("income"), replace(RUN, version=None), stored(LOSSES), GATE, [], [])


def test_a_bundle_without_losses_says_what_makes_them():
    with pytest.raises(LabError, match="make retrain PROJECT=income"):
        card(projects.get("income"), RUN, stored(None), GATE, [], [])
