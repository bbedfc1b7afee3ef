"""What the week-7 notebook says follows from the records."""

from typing import Any

from mlops_lab.delivery.release import OUTCOMES
from mlops_lab.reporting import capstone
from mlops_lab.reporting.site.records import Records


def row(key: str, status: str = "pass", evidence: str = "seen") -> dict[str, Any]:
    return {"id": key, "outcome": f"outcome {key}", "status": status, "seconds": 1.0, "evidence": evidence}


def records(*rows: dict[str, Any], **other: Any) -> Records:
    known: dict[str, Any] = {name: [] for name in ("weeks", "cards", "canaries", "dashboards")}
    known |= {name: {} for name in ("cost", "coverage", "film", "serving", "sizing", "chaos")}
    known["outcomes"] = {"target": "local", "outcomes": rows}
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


def test_what_fails_is_named():
    assert capstone.failing(records(row("1.1"), row("2.1", "fail"))) == ["2.1"]


def test_nothing_is_called_ready_to_release_while_an_outcome_is_unchecked():
    found = records(row("1.1"), row("2.1"), row("4.4", "not applicable"))

    told = capstone.decision(found)

    assert told.startswith("**To be shown, not yet to be released:** 2 of the plan's 48 outcomes hold, 0 fail")
    assert "1 mean nothing on the target local; 45 are not checked yet" in told


def test_all_outcomes_together_are_ready_to_release():
    keys = [f"{week}.{number}" for week, count in OUTCOMES.items() for number in range(1, count + 1)]

    told = capstone.decision(records(*(row(key) for key in keys)))

    assert told == "**Ready to show and to release:** 48 of the plan's 48 outcomes hold, 0 fail."


def test_a_model_stands_beside_the_best_of_its_baselines():
    card = {
        "project": "income",
        "version": "2",
        "metric": {"name": "log_loss", "value": 0.2776, "interval": [0.2673, 0.2879]},
        "baselines": [{"name": "constant", "value": 0.55}, {"name": "logistic", "value": 0.322}],
        "rows": {"train": 31746, "test": 9769},
        "use": {"intended": "Choosing whom to call."},
    }

    (shown,) = capstone.models(records(cards=[card])).to_dict("records")

    assert (shown["value"], shown["95 % interval"]) == ("0.278", "0.267 to 0.288")
    assert shown["best baseline"] == "0.322 (logistic)"
    assert (shown["rows to learn from"], shown["held out"]) == ("31,746", "9,769")


def test_figures_are_those_of_the_site():
    table = capstone.figures(records(row("1.1"), coverage={"lines": 91.2}))

    assert table["figure"].tolist() == ["1 / 48", "91.2 %"]


def test_there_is_a_word_for_every_week():
    assert sorted(capstone.WORK) == list(range(1, 8))
