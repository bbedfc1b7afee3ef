"""Champion, challenger, promotion and rollback, with MLflow's own store and a bucket of moto."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_bundle_publication import BUCKET, better, keys, runs, versions
from tests.integration.test_bundle_publication import cloud_port as cloud_port
from tests.integration.test_bundle_publication import s3 as s3
from tests.integration.test_bundle_publication import settings as settings

from mlops_lab import retrain
from mlops_lab.errors import LabError
from mlops_lab.registry.promotion import history, promote, roll_back
from mlops_lab.registry.tracking import Registry
from mlops_lab.retrain import Candidate, GateRefusedError
from mlops_lab.settings import Settings

WHO = "arn:aws:iam::123456789012:user/tester"


def aliases(settings: Settings) -> dict[str, str]:
    return {alias: each.version for each in Registry(settings, "income").versions() for alias in each.aliases}


def test_the_first_version_is_the_champion_and_a_better_one_its_challenger(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    first = retrain.publish(candidate, settings)
    second = retrain.publish(better(candidate), settings)

    assert (first.alias, second.alias) == ("champion", "challenger")
    assert aliases(settings) == {"champion": "1", "challenger": "2"}


def test_one_that_is_not_better_by_the_margin_is_logged_with_both_figures_and_not_registered(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    retrain.publish(candidate, settings)
    before = keys(s3)

    with pytest.raises(GateRefusedError, match=r"log_loss is .*, the champion's \(version 1\) .* better by -?0\.0000"):
        retrain.publish(candidate, settings)

    assert aliases(settings) == {"champion": "1"}
    assert keys(s3) == before
    assert sorted(run.data.tags["gate"] for run in runs(settings)) == ["passed", "refused"]


def test_a_champion_whose_bundle_is_another_is_compared_with_nothing(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    retrain.publish(candidate, settings)
    s3.put_object(Bucket=BUCKET, Key="models/income/1/model.onnx", Body=b"another model")

    with pytest.raises(LabError, match=r"champion of income, version 1, cannot be compared with: .*model\.onnx has"):
        retrain.publish(better(candidate), settings)

    assert len(versions(settings)) == 1
    assert len(runs(settings)) == 1


def test_a_promotion_moves_the_champion_and_keeps_who_why_from_and_to_and_rollback_undoes_it(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    for each in (candidate, better(candidate)):
        retrain.publish(each, settings)
    registry = Registry(settings, "income")

    promoted = promote(registry, None, WHO, "better on the held-out rows")
    moved = aliases(settings)
    back = roll_back(registry, WHO, "a customer complained")

    assert moved == {"champion": "2", "previous": "1"}
    assert aliases(settings) == {"champion": "1", "previous": "2"}
    assert history(registry.notes()) == [promoted, back]
    assert (promoted.who, promoted.why, promoted.before, promoted.after) == (
        WHO,
        "better on the held-out rows",
        "1",
        "2",
    )


@pytest.mark.parametrize(
    ("version", "why", "message"),
    [
        ("9", "x", "income has no version 9; published are: 1"),
        (None, "x", "income has no challenger; published are: 1"),
        ("1", "x", "Version 1 of income is the champion already"),
    ],
)
def test_a_promotion_that_cannot_be_is_one_line(
    s3: Any, settings: Settings, candidate: Candidate, version: str | None, why: str, message: str
) -> None:
    retrain.publish(candidate, settings)

    with pytest.raises(LabError, match=message):
        promote(Registry(settings, "income"), version, WHO, why)


def test_a_promotion_needs_a_reason_and_a_rollback_something_to_go_back_to(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    for each in (candidate, better(candidate)):
        retrain.publish(each, settings)
    registry = Registry(settings, "income")

    with pytest.raises(LabError, match="WHY has 1 characters"):
        promote(registry, "2", WHO, " ")
    with pytest.raises(LabError, match="no previous champion"):
        roll_back(registry, WHO, "x")

    assert aliases(settings) == {"champion": "1", "challenger": "2"}
    assert history(registry.notes()) == []


def test_where_the_alias_cannot_be_set_nothing_is_registered(
    s3: Any, settings: Settings, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise LabError("MLflow's store cannot be used")

    monkeypatch.setattr(Registry, "point", broken)

    with pytest.raises(LabError, match="cannot be used"):
        retrain.publish(candidate, settings)

    assert versions(settings) == []
    assert keys(s3) == []


def test_fewer_rows_to_learn_from_leave_the_held_out_rows_as_they_are(candidate: Candidate) -> None:
    fewer = retrain._at_most(candidate.splits, 500)

    assert len(fewer.train) == 500
    assert fewer.test is candidate.splits.test
    with pytest.raises(LabError, match="SIZE is 5; use at least 100 rows"):
        retrain._at_most(candidate.splits, 5)


def test_a_search_learns_from_the_training_rows_alone_and_keeps_every_trial(candidate: Candidate) -> None:
    from mlops_lab.pipeline.search import search

    small = replace(candidate.project, search_space={"max_iter": (5, 10), "learning_rate": (0.1, 0.3)})

    found = search(small, candidate.splits.train.head(600), seed=0, candidates=3)

    assert len(found.trials) == 3
    assert found.trials[0].loss == min(trial.loss for trial in found.trials)
    assert {name: found.model.pipeline[-1].get_params()[name] for name in found.trials[0].parameters} == (
        found.trials[0].parameters
    )


def test_a_search_without_a_space_or_without_dask_says_what_to_do(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mlops_lab.pipeline import search as module

    rows = candidate.splits.train.head(200)
    with pytest.raises(LabError, match="income has no search space"):
        module.search(replace(candidate.project, search_space={}), rows, 0, 2)

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(LabError, match=r"pip install 'dask\[distributed\]'"):
        module.search(candidate.project, rows, 0, 2, "dask")


def test_a_retrain_that_is_told_to_stop_takes_back_what_is_half_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(retrain, "retrain", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))

    with pytest.raises(SystemExit) as ended:
        retrain.main(["--project", "income"])

    signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 143
