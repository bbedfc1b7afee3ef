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
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0)  # the turn ends
        return answers

    return asyncio.run(ask())


def at_once(batches: Batches, asked: Sequence[Row]) -> bool:
    """Ask alone, and return whether the answer was there after the request's first step."""

    async def ask() -> bool:
        task = asyncio.ensure_future(batches.answer("r", asked, time.perf_counter()))
        await asyncio.sleep(0)
        done = task.done()
        await task
        await asyncio.sleep(0)
        return done

    return asyncio.run(ask())


@pytest.fixture
def crowded(model: Counted, batches: Batches) -> Batches:
    """Batches whose last turn had several requests."""
    together(batches, rows(model, 20), rows(model, 30))
    model.runs.clear()
    return batches


def test_requests_of_one_turn_share_a_run_and_get_what_they_would_get_alone(model: Counted, crowded: Batches):
    requests = [rows(model, 20, 30), rows(model, 40), rows(model, 50, 60, 70)]

    shared = together(crowded, *requests)

    assert model.runs == [6]
    alone = [together(crowded, each)[0] for each in requests]
    assert [each.predictions for each in shared] == [each.predictions for each in alone]  # type: ignore[union-attr]
    assert [each.scores for each in shared] == [each.scores for each in alone]  # type: ignore[union-attr]


def test_requests_that_come_one_by_one_are_answered_at_once(model: Counted, batches: Batches):
    assert [at_once(batches, rows(model, age)) for age in (20, 30, 40)] == [True, True, True]
    assert model.runs == [1, 1, 1]


def test_the_first_of_a_crowd_is_answered_alone_and_the_others_together(model: Counted, batches: Batches):
    together(batches, *[rows(model, 20)] * 5)
    together(batches, *[rows(model, 20)] * 5)

    assert model.runs == [1, 4, 5]


def test_after_a_crowd_the_second_request_that_comes_alone_is_answered_at_once_again(model: Counted, crowded: Batches):
    assert [at_once(crowded, rows(model, 20)) for _ in range(3)] == [False, True, True]


def test_a_run_has_no_more_rows_than_one_request_may_have(model: Counted, crowded: Batches):
    requests = [rows(model, *[30] * size) for size in (600, 400, 1, MAX_ROWS, 5)]

    answers = together(crowded, *requests)

    assert model.runs == [1_000, 1, 1_000, 5]
    assert [len(each.predictions) for each in answers] == [600, 400, 1, 1_000, 5]  # type: ignore[union-attr]


def test_unknown_categories_are_told_to_the_request_that_has_them(model: Counted, crowded: Batches):
    known, poets = rows(model, 30), rows(model, 30, 40, occupation="Poet")

    answers = together(crowded, known, poets, known)

    assert [each.unknown for each in answers] == [{}, {"occupation": 2}, {}]  # type: ignore[union-attr]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_request_that_the_model_fails_on_fails_alone(model: Counted, batches: Batches, place: int):
    requests = [rows(model, age) for age in (12, 14)]
    requests.insert(place, rows(model, 13))

    answers = together(batches, *requests)

    assert [isinstance(each, ValueError) for each in answers] == [at == place for at in range(3)]
    assert sum(isinstance(each, Answer) for each in answers) == 2


def test_a_request_that_is_cancelled_stops_no_other(model: Counted, crowded: Batches):
    async def ask() -> Answer:
        gone = asyncio.ensure_future(crowded.answer("gone", rows(model, 20), 0.0))
        stays = asyncio.ensure_future(crowded.answer("stays", rows(model, 30), 0.0))
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

        await asyncio.gather(one("a", rows(model, 20)), one("b", rows(model, 30, 40)), one("c", rows(model, 50)))
        return seen

    assert asyncio.run(ask()) == [["a"], ["a", "b", "c"], ["a", "b", "c"]]
    (path,) = segment.found(tmp_path)
    found = record.parse(path.read_bytes())
    assert found is not None
    alone, shared = found.records
    assert [request.rows for request in (*alone.requests, *shared.requests)] == [1, 2, 1]
    assert all(0 <= request.latency_ms < 60_000 for request in shared.requests)
    assert shared.columns[model.request_schema["required"].index("age")] == [30, 40, 50]
