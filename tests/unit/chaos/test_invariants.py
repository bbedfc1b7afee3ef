"""Each invariant is broken by what breaks it, and by nothing else."""

from dataclasses import replace

import pytest

from mlops_lab.chaos.invariants import Look, Seen, Standing, broken, longest_outage, shed
from mlops_lab.chaos.traffic import Request

GOOD = Look({"stable": 100, "canary": 0}, {"stable": 1, "canary": 0}, 1, 1)
SILENT = Look(None, None, None, None)
REQUESTS = [Request("a", 0.0, 0.1, None), Request("b", 1.0, 1.1, "http 503"), Request("c", 2.0, 2.1, None)]
MEANT = Standing("1", "1", canary_weight=0, recorded_weight=0, open_canary=False, canary_tasks=0)
SOUND = Seen(REQUESTS, [GOOD, SILENT, GOOD], {"a", "c"}, met=3, recovered=1.5, standing=MEANT, meant=MEANT)
# The fault under which "c" was answered, not logged, and counted.
FULL = replace(
    SOUND,
    requests=[REQUESTS[0], REQUESTS[2]],
    looks=[replace(GOOD, shed={"t": 4}), replace(GOOD, shed={"t": 5})],
    logged={"a"},
    sheds=True,
)


def test_failed_requests_and_silent_apis_break_nothing():
    assert broken(SOUND) == []


def test_a_request_that_failed_and_is_logged_all_the_same_is_no_loss():
    assert broken(replace(SOUND, logged={"a", "b", "c"})) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"logged": {"a"}}, "1 acknowledged predictions are not in the log, such as c"),
        ({"requests": REQUESTS[1:2]}, "no prediction was acknowledged"),
        ({"looks": [SILENT]}, "the weights were never looked at; the registry was never looked at"),
        ({"looks": [GOOD, replace(GOOD, champions=2)]}, "2 champions at a time"),
        ({"looks": [GOOD, replace(GOOD, wanted=0)]}, "the stable service was to have no task"),
        ({"looks": [replace(GOOD, weights={"stable": 60, "canary": 50})]}, "weights were {'stable': 60, 'canary': 50}"),
        ({"looks": [replace(GOOD, weights={"stable": 110, "canary": -10})]}, "weights were"),
        ({"looks": [replace(GOOD, weights={"stable": 0, "canary": 100})]}, "stable had no weight"),
        ({"looks": FULL.looks}, "1 predictions were shed"),
        ({"met": 0}, "nothing met the fault"),
        ({"recovered": None}, "not everything was as before in time"),
        ({"told": False}, "did not say in one line"),
        ({"mended": False}, "did not bring it to its end"),
    ],
)
def test_what_breaks_an_invariant_is_told(change: dict, said: str):
    found = broken(replace(SOUND, **change))

    assert found
    assert said in "; ".join(found)


def test_a_canary_may_lose_its_target_for_one_look_and_not_for_two():
    nowhere = replace(GOOD, weights={"stable": 50, "canary": 50})
    somewhere = replace(nowhere, healthy={"stable": 1, "canary": 1})

    assert broken(replace(SOUND, looks=[somewhere, nowhere, somewhere, nowhere])) == []
    assert broken(replace(SOUND, looks=[somewhere, nowhere, nowhere])) == ["canary had requests and no healthy target"]


def test_stable_may_have_no_healthy_target_only_where_the_fault_unsettles_it():
    nowhere = replace(GOOD, healthy={"stable": 0, "canary": 0})
    seen = replace(SOUND, looks=[GOOD, nowhere, nowhere, GOOD])

    assert broken(seen) == ["stable had requests and no healthy target"]
    assert broken(replace(seen, unsettles=True)) == []


def test_what_a_full_disk_shed_and_a_task_counted_is_not_lost():
    assert broken(FULL) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sheds": False}, "1 acknowledged predictions are not in the log, such as c; 1 predictions were shed"),
        ({"logged": set[str]()}, "2 acknowledged predictions are not in the log, and 1 counted as shed"),
        (
            {"logged": set[str](), "alone": False},
            "2 acknowledged predictions are not in the log, and 1 counted as shed",
        ),
        ({"logged": {"a", "c"}}, "0 acknowledged predictions are not in the log, and 1 counted as shed"),
        ({"requests": REQUESTS}, "1 requests failed for want of a log"),
    ],
)
def test_nothing_else_is_excused_by_a_full_disk(change: dict, said: str):
    assert "; ".join(broken(replace(FULL, **change))) == said


def test_a_count_that_others_requests_are_in_may_be_larger_than_what_these_lost():
    assert broken(replace(FULL, logged={"a", "c"}, alone=False)) == []


def test_what_was_shed_is_what_each_task_s_count_has_grown_by():
    counts = [{"old": 7, "gone": 1}, None, {"old": 9, "gone": 4}, {"old": 9, "new": 2}, {"old": 1}]

    assert shed([replace(GOOD, shed=each) for each in counts]) == 2 + 3 + 2 + 1  # a task began anew at the old address
    assert shed([]) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"live_versions": "1, 2"}, "in the end the live version is 1, 2, not 1"),
        ({"champion": None}, "in the end the champion is None, not 1"),
        ({"canary_weight": 50}, "in the end the canary's weight is 50, not 0"),
        ({"recorded_weight": 50}, "in the end the weight in its record is 50, not 0"),
        ({"open_canary": True}, "in the end an open canary is True, not False"),
        ({"canary_tasks": 1}, "in the end the canary's number of tasks is 1, not 0"),
    ],
)
def test_who_is_in_charge_in_the_end_is_who_was_meant_to_be(change: dict, said: str):
    assert broken(replace(SOUND, standing=replace(MEANT, **change))) == [said]


def test_an_outage_lasts_from_the_first_failure_sent_to_the_last_one_s_end():
    failed = [Request("b", 1.0, 1.2, "x"), Request("d", 1.5, 4.0, "timeout"), Request("e", 6.0, 6.5, "x")]

    assert longest_outage([*REQUESTS[:1], *failed[:2], Request("c", 5.0, 5.1, None), failed[2]]) == 3.0
    assert longest_outage(REQUESTS[:1]) == 0.0
    assert longest_outage([]) == 0.0
