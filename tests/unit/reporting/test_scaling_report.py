from dataclasses import replace
from io import BytesIO

import pytest
from tests.unit.reporting.experiments import ALARM, HIGH, activity, at, change, experiment

from mlops_lab.cloud.alarms import Action
from mlops_lab.load.summary import Sample, summarise
from mlops_lab.reporting import scaling_chart, scaling_findings


def test_the_experiment_is_told_in_one_line() -> None:
    assert scaling_findings.told(experiment()) == (
        "2026-11-23 09:43 UTC: 40 requests a second, tasks 1 -> 3 -> 1, 0 of 100 requests failed"
    )


def test_when_tasks_were_wanted_and_healthy_is_read_from_activities_and_hosts() -> None:
    said = scaling_findings.scaled(experiment())

    assert said.startswith("0:50 after the start autoscaling asked for **3 tasks** by `requests`")
    assert "after 1:30, set **1**, and 1 ran at the end" in said


def test_a_load_that_changed_nothing_is_not_passed_off_as_scaling() -> None:
    assert "**changed nothing**" in scaling_findings.scaled(experiment(activities=()))


def test_failed_requests_are_told_with_their_kinds() -> None:
    samples = [Sample(0, 0, 0.1), Sample(1, 1, 1.1, "connection closed")]

    said = scaling_findings.clients(experiment(summary=summarise(samples, at(0), 2)))

    assert "Of 2 requests **1 failed** ({'connection closed': 1})" in said
    assert "refused 1 with http 422" in said


@pytest.mark.parametrize(
    ("changes", "actions"),
    [
        ((change(50, "ALARM"),), (Action(ALARM, at(50), "arn", True),)),  # never back
        ((change(50, "ALARM"), change(80, "OK")), (Action(ALARM, at(50), "arn", True),)),  # told once
        (
            (change(50, "ALARM"), change(80, "OK")),
            (Action(ALARM, at(50), "a", True), Action(ALARM, at(80), "a", False)),
        ),
    ],
)
def test_an_alarm_counts_only_if_it_returned_and_told_its_topic_both_times(changes: tuple, actions: tuple) -> None:
    assert scaling_findings.alarms_that_returned(experiment()) == [ALARM]
    assert scaling_findings.alarms_that_returned(experiment(changes=changes, actions=actions)) == []


def test_the_tables_list_what_autoscaling_did_and_which_alarms_went_off() -> None:
    activities, alarms = scaling_findings.activities(experiment()), scaling_findings.alarms(experiment())

    assert activities.to_numpy().tolist()[0] == ["0:50", "10 s", "3", "requests", "Successful"]
    assert alarms.to_numpy().tolist() == [
        ["income-stable-client-errors", "0:50", "30 s", "2"],
        ["scaling high", "0:45", "75 s", "0"],
    ]


def test_an_alarm_that_is_still_off_at_the_end_lasts_to_the_end_and_one_that_was_off_before_since_the_start() -> None:
    spans = scaling_chart.alarm_spans(experiment(changes=(change(30, "OK"), change(50, "ALARM", HIGH))))

    assert spans == {ALARM: [(at(0), at(30))], HIGH: [(at(50), at(120))]}


def test_the_chart_draws_with_and_without_alarms_and_activities() -> None:
    for found in (experiment(), experiment(changes=(), activities=(), actions=())):
        file = BytesIO()

        scaling_chart.draw(found, 60).savefig(file, format="png")

        assert len(file.getvalue()) > 10_000


def test_an_activity_under_way_has_no_duration_yet() -> None:
    under_way = replace(activity(50, 3), ended=None)

    assert scaling_findings.activities(experiment(activities=(under_way,)))["took"].tolist() == [""]
