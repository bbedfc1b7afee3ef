"""What the week-7 notebook says follows from the records."""

from typing import Any

from mlops_lab.reporting import capstone
from mlops_lab.reporting.site.records import Records


def row(key: str, status: str = "pass", evidence: str = "seen") -> dict[str, Any]:
    return {"id": key, "outcome": f"outcome {key}", "status": status, "seconds": 1.0, "evidence": evidence}


def records(*rows: dict[str, Any], **other: Any) -> Records:
    known: dict[str, Any] = {name: [] for name in ("weeks", "cards", "canaries", "dashboards")}
    known |= {name: {} for name in ("cost", "coverage", "film")} | {"outcomes": {"target": "local", "outcomes": rows}}
    return Records(**known | other)


def test_each_week_says_what_holds_fails_means_nothing_and_is_open():
    table = capstone.weeks(records(row("1.1"), row("1.2", "fail"), row("4.4", "not applicable")))

    assert table["outcomes"].sum() == 48
    assert table.iloc[0].tolist() == [1, capstone.WORK[1], 7, 1, 1, 0, 5]
    assert table.iloc[3].tolist()[2:] == [7, 0, 0, 1, 6]
    assert table.iloc[6].tolist()[2:] == [6, 0, 0, 0, 6]


def test_evidence_is_shortened_where_it_is_long():
    table = capstone.outcomes(records(row("1.1", evidence="x" * 400), row("1.2")))

    assert [len(each) for each in table["seen"]] == [capstone.EVIDENCE + 1, len("seen")]


def test_what_fails_is_named_and_the_decision_counts_what_can_hold():
    found = records(row("1.1"), row("2.1"), row("4.4", "not applicable"))

    assert capstone.failing(records(row("1.1"), row("2.1", "fail"))) == ["2.1"]
    assert capstone.decision(found).startswith(
        "**Ready to show:** 2 of 2 outcomes hold, none fails, of 48 in the plan."
    )


def test_figures_are_those_of_the_site():
    table = capstone.figures(records(row("1.1"), coverage={"lines": 91.2}))

    assert table["figure"].tolist() == ["1 / 48", "91.2 %"]


def test_there_is_a_word_for_every_week():
    assert sorted(capstone.WORK) == list(range(1, 8))
