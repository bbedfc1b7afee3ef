"""Which experiments there are, and what is kept and shown of them."""

from dataclasses import replace

import pytest
from rich.console import Console

from mlops_lab.chaos.acts import ACTS, Done, InCharge, meant
from mlops_lab.chaos.experiment import IN_THE_MIDDLE, Survived, document, plan, show
from mlops_lab.chaos.faults import FAULTS
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

HELD = Survived("task", "killed", "deploy", 1, 100, 3, 0, {"http 502": 3}, 1.25, 4.0, "", "0: live", [])


def test_every_fault_comes_alone_and_the_worst_in_the_middle_of_every_act():
    names = [(fault.name, act.name if act else None) for fault, act in plan()]

    assert len(names) == len(set(names)) == len(FAULTS) + len(ACTS) * len(IN_THE_MIDDLE)
    assert {name for name, act in names if act is None} == {fault.name for fault in FAULTS}
    assert {act for _, act in names if act} == {act.name for act in ACTS}


def test_one_is_chosen_by_its_names():
    ((fault, act),) = plan("s3-failing", "canary")

    assert (fault.name, act.name if act else None) == ("s3-failing", "canary")
    assert [act for _, act in plan("task")] == [None]
    assert {act.name for _, act in plan(None, "deploy") if act} == {"deploy"}


@pytest.mark.parametrize(("fault", "during"), [("rain", None), ("task", "lunch")])
def test_an_unknown_name_is_refused_with_the_known_ones(fault: str, during: str | None):
    with pytest.raises(LabError, match=rf"is '{during or fault}'; use one of "):
        plan(fault, during)


def test_a_traceback_and_a_kill_are_no_way_to_tell():
    assert Done(1, "error: AWS refused").is_told
    assert not Done(1, "Traceback: KeyError").is_told
    assert not Done(-9, "").is_told


def test_a_canary_that_is_rolled_back_by_its_judgement_is_no_failure_wherever_it_says_so():
    (canary,) = (each for each in ACTS if each.name == "canary")

    assert Done(1, "clients: 0 failed", "version 2: rolled back: slow; clients: 0 failed").is_success(canary.answers)
    assert not Done(1, "S3 does not answer", "the canary cannot be rolled back: S3").is_success(canary.answers)
    assert Done(0, "").is_success(())


@pytest.mark.parametrize(
    ("name", "live", "champion"),
    [(None, "1", "1"), ("deploy", "2", "1"), ("canary", "1", "1"), ("retraining", "1", "1"), ("promotion", "1", "2")],
)
def test_an_act_moves_what_it_is_for_and_leaves_no_canary(name: str | None, live: str, champion: str):
    act = next((each for each in ACTS if each.name == name), None)

    wanted = meant(InCharge("1", "1"), act, ("verb", "income", "--version", "2"))

    assert (wanted.live_versions, wanted.champion) == (live, champion)
    assert (wanted.canary_weight, wanted.open_canary, wanted.canary_tasks) == (0, False, 0)


def test_the_table_says_what_held_and_what_did_not(capsys: pytest.CaptureFixture[str]):
    show([HELD, replace(HELD, broken=["2 champions at a time"], recovered=None)], Console(width=200))

    said = capsys.readouterr().out
    assert "1.25" in said
    assert "not in time" in said
    assert "no: 2 champions at a time" in said


def test_what_is_kept_says_by_which_driver_and_whether_each_held():
    kept = document(Settings(driver="process"), [HELD, replace(HELD, broken=["x"])])

    assert kept["driver"] == "process"
    assert [each["holds"] for each in kept["experiments"]] == [True, False]  # type: ignore[attr-defined]
