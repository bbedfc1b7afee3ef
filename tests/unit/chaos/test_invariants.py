"""Each invariant is broken by what breaks it, and by nothing else."""

from dataclasses import replace

import pytest

from mlops_lab.chaos.invariants import Look, Seen, broken, longest_outage
from mlops_lab.chaos.traffic import Request

GOOD = Look({"stable": 100, "canary": 0}, {"stable": 1, "canary": 0}, 1, 1)
SILENT = Look(None, None, None, None)
REQUESTS = [Request("a", 0.0, 0.1, None), Request("b", 1.0, 1.1, "http 503"), Request("c", 2.0, 2.1, None)]
SOUND = Seen(REQUESTS, [GOOD, SILENT, GOOD], {"a", "c"}, met=3, recovered=1.5)


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
    assert broken(replace(SOUND, looks=[somewhere, nowhere, nowhere])) == [
        "the canary had requests and no healthy target"
    ]


def test_an_outage_lasts_from_the_first_failure_sent_to_the_last_one_s_end():
    failed = [Request("b", 1.0, 1.2, "x"), Request("d", 1.5, 4.0, "timeout"), Request("e", 6.0, 6.5, "x")]

    assert longest_outage([*REQUESTS[:1], *failed[:2], Request("c", 5.0, 5.1, None), failed[2]]) == 3.0
    assert longest_outage(REQUESTS[:1]) == 0.0
    assert longest_outage([]) == 0.0
