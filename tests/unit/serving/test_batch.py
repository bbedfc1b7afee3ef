"""Requests that arrive together share a run of the model, and nothing else."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.batch import Batches
from mlops_lab.serving.model import Answer, Model
from mlops_lab.serving.prediction_log import record, segment
from mlops_lab.serving.prediction_log.journal import Journal
from mlops_lab.serving.prediction_log.log import PredictionLog
from mlops_lab.serving.request import MAX_ROWS, RequestDecoder, Row


class Counted(Model):
    """A model that knows how many rows each of its runs had, and fails on a row that holds 13."""

    def __init__(self, bundle: Bundle):
        self.runs: list[int] = []
        super().__init__(bundle)

    def predict(self, columns: Mapping[str, Sequence[Any]]) -> Answer:
        self.runs.append(len(columns["age"]))
        if 13 in columns["age"]:
            raise ValueError("13")
        return super().predict(columns)


class Shipper:
    """Nothing is shipped."""

    shipped = 0


@pytest.fixture
def model(bundle: Bundle) -> Counted:
    return Counted(bundle)


@pytest.fixture
def decoder(model: Model) -> RequestDecoder:
    return RequestDecoder(model.request_schema)


@pytest.fixture
def batches(model: Model, decoder: RequestDecoder) -> Batches:
    return Batches(model, decoder, None)


def rows(model: Model, *ages: float, **cells: object) -> list[Row]:
    example = model.request_schema["examples"][0] | cells
    return [tuple((example | {"age": age})[name] for name in model.request_schema["required"]) for age in ages]


def together(batches: Batches, *requests: Sequence[Row]) -> list[Answer | BaseException]:
    async def ask() -> list[Answer | BaseException]:
        asked = (batches.answer(f"r{at}", each, time.perf_counter()) for at, each in enumerate(requests))
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def test_requests_of_one_turn_share_a_run_and_get_what_they_would_get_alone(model: Counted, batches: Batches):
    requests = [rows(model, 20, 30), rows(model, 40), rows(model, 50, 60, 70)]

    shared = together(batches, *requests)

    assert model.runs == [6]
    alone = [together(batches, each)[0] for each in requests]
    assert [each.predictions for each in shared] == [each.predictions for each in alone]  # type: ignore[union-attr]
    assert [each.scores for each in shared] == [each.scores for each in alone]  # type: ignore[union-attr]


def test_a_request_that_comes_alone_waits_for_no_other(model: Counted, batches: Batches):
    async def one_after_another() -> None:
        for age in (20, 30, 40):
            await asyncio.wait_for(batches.answer("r", rows(model, age), 0.0), 5)

    asyncio.run(one_after_another())

    assert model.runs == [1, 1, 1]


def test_a_run_has_no_more_rows_than_one_request_may_have(model: Counted, batches: Batches):
    requests = [rows(model, *[30] * size) for size in (600, 400, 1, MAX_ROWS, 5)]

    answers = together(batches, *requests)

    assert model.runs == [1_000, 1, 1_000, 5]
    assert [len(each.predictions) for each in answers] == [600, 400, 1, 1_000, 5]  # type: ignore[union-attr]


def test_unknown_categories_are_told_to_the_request_that_has_them(model: Counted, batches: Batches):
    known, poets = rows(model, 30), rows(model, 30, 40, occupation="Poet")

    answers = together(batches, known, poets, known)

    assert [each.unknown for each in answers] == [{}, {"occupation": 2}, {}]  # type: ignore[union-attr]


def test_a_request_that_the_model_fails_on_fails_alone(model: Counted, batches: Batches):
    before, bad, after = together(batches, rows(model, 12), rows(model, 13), rows(model, 14))

    assert isinstance(bad, ValueError)
    assert isinstance(before, Answer)
    assert isinstance(after, Answer)
    assert model.runs == [3, 1, 1, 1]


def test_a_request_that_is_cancelled_stops_no_other(model: Counted, batches: Batches):
    async def ask() -> Answer:
        gone = asyncio.ensure_future(batches.answer("gone", rows(model, 20), 0.0))
        stays = asyncio.ensure_future(batches.answer("stays", rows(model, 30), 0.0))
        await asyncio.sleep(0)
        gone.cancel()
        return await asyncio.wait_for(stays, 5)

    assert len(asyncio.run(ask()).predictions) == 1


def test_what_is_answered_together_is_in_the_log_before_anybody_is_answered(
    model: Counted, decoder: RequestDecoder, tmp_path: Path
):
    journal = Journal(tmp_path, record.header("income", "7", model.request_schema), 10**9)
    batches = Batches(model, decoder, PredictionLog(journal, Shipper()))  # type: ignore[arg-type]

    async def ask() -> list[list[str]]:
        seen = []

        async def one(name: str, asked: Sequence[Row]) -> None:
            await batches.answer(name, asked, time.perf_counter())
            (path,) = segment.found(tmp_path)
            found = record.parse(path.read_bytes())
            seen.append([request.id for each in found.records for request in each.requests] if found else [])

        await asyncio.gather(one("a", rows(model, 20, 30)), one("b", rows(model, 40)))
        return seen

    assert asyncio.run(ask()) == [["a", "b"], ["a", "b"]]
    (path,) = segment.found(tmp_path)
    found = record.parse(path.read_bytes())
    assert found is not None
    (written,) = found.records
    assert [request.rows for request in written.requests] == [2, 1]
    assert all(0 <= request.latency_ms < 60_000 for request in written.requests)
    assert written.columns[model.request_schema["required"].index("age")] == [20, 30, 40]
