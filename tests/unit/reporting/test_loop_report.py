"""Week 5's picture, table and sentences say what the journals hold."""

from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.text import Text

from mlops_lab.reporting import loop_chart, loop_findings


def journal(month: str, error: float, verdict: str, **more: Any) -> Any:
    traffic = {"rows": 1200, "failed": 0, "versions": {"1": 1200}, "error": error}
    drift = {"verdict": verdict, "reasons": [f"because of {month}"]}
    return SimpleNamespace(month=month, steps={"traffic": traffic, "drift": drift, **more})


@pytest.fixture
def journals() -> list[Any]:
    acted = {"retrain": {"version": "2", "verdict": "passed"}, "promote": {"version": "2"}}
    return [
        journal("2020-03", 3.6, "none"),
        journal("2020-04", 5.5, "damage", **acted),
        journal("2020-05", 3.8, "none"),
    ]


def test_the_picture_names_error_version_limit_and_where_was_retrained(journals: list[Any]):
    figure = loop_chart.months(journals, 4.0)

    said = [text.get_text() for text in figure.findobj(Text)]
    assert "version 1\n5.50" in said
    assert said.count("retrained") == 1
    assert {"none", "damage"} <= set(said)


def test_the_sentence_names_the_worst_month_what_was_done_and_the_last(journals: list[Any]):
    told = loop_findings.outcome(journals, 4.0)

    assert "5.50 minutes in 2020-04" in told
    assert "promoted after 2020-04; in 2020-05 it is 3.80" in told


def test_without_a_promotion_none_is_claimed(journals: list[Any]):
    assert "no version was made" in loop_findings.outcome([journals[0], journals[2]], 4.0)


def test_each_month_has_its_reasons(journals: list[Any]):
    assert "- **2020-04, damage**: because of 2020-04" in loop_findings.reasons(journals)
