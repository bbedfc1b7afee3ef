"""Micro-batches: requests that arrive together share a run of the model; none waits for a batch to fill."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, takewhile
from typing import NamedTuple

from mlops_lab.serving.model import Answer, Model
from mlops_lab.serving.prediction_log.log import PredictionLog
from mlops_lab.serving.prediction_log.record import Request
from mlops_lab.serving.request import MAX_ROWS, Columns, RequestDecoder, Row


class Waiting(NamedTuple):
    """A checked request whose answer is awaited."""

    id: str
    rows: Sequence[Row]
    start: float  # seconds of the performance counter
    answer: "asyncio.Future[Answer]"


class Batches:
    """Answers requests with a model, and writes the answers down before they go out.

    While requests come one by one each is answered at once. When several come in one turn of the event loop, those of
    the next turns wait for one turn more, some microseconds, and share a run, its features and their record, which
    cost many rows little more than one.
    """

    def __init__(self, model: Model, decoder: RequestDecoder, log: PredictionLog | None):
        self._model, self._decoder, self._log = model, decoder, log
        self._waiting: list[Waiting] = []
        self._asked = 0  # requests of the present turn
        self._crowded = False  # whether the turn before had several

    async def answer(self, request_id: str, rows: Sequence[Row], start: float) -> Answer:
        """Answer a request that began at `start`; raise what the model raises for its rows, and for no other's."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(request_id, rows, start, loop.create_future())
        self._asked += 1
        if self._asked == 1:
            loop.call_soon(self._turn)
            if not self._crowded:
                return self._answers([waiting])[0]
        self._waiting.append(waiting)
        return await waiting.answer

    def _turn(self, last: bool = False) -> None:
        """End a turn: answer those that wait, MAX_ROWS rows at most, and the others after the event loop's next."""
        if self._waiting and not last:
            asyncio.get_running_loop().call_soon(self._turn, True)
            return
        batch, self._waiting = self._split()
        self._asked, self._crowded = len(self._waiting), self._asked > 1
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._turn, True)
        if batch:
            self._settle(batch)

    def _split(self) -> tuple[list[Waiting], list[Waiting]]:
        """Return the first of those that wait, with MAX_ROWS rows together at most, and the others."""
        ends = accumulate(len(each.rows) for each in self._waiting)
        size = sum(1 for _ in takewhile(lambda rows: rows <= MAX_ROWS, ends))
        return self._waiting[:size], self._waiting[size:]

    def _settle(self, batch: Sequence[Waiting]) -> None:
        try:
            answers = self._answers(batch)
        except Exception as error:
            if len(batch) > 1:
                for each in batch:
                    self._settle([each])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for each, answer in zip(batch, answers, strict=True):
            if not each.answer.done():  # a request that was cancelled awaits nothing
                each.answer.set_result(answer)

    def _answers(self, batch: Sequence[Waiting]) -> list[Answer]:
        columns = self._decoder.columns(chain.from_iterable(each.rows for each in batch))
        answer = self._model.predict(columns)  # in the event loop: it takes less time than a thread's hand-over
        answers = list(self._shares(batch, columns, answer)) if len(batch) > 1 else [answer]
        if self._log is not None:
            now = time.perf_counter()
            requests = [Request(each.id, len(each.rows), round(1e3 * (now - each.start), 3)) for each in batch]
            self._log.append(requests, columns, answer.scores)
        return answers

    def _shares(self, batch: Sequence[Waiting], columns: Columns, answer: Answer) -> Iterator[Answer]:
        """Yield each request's own part of a batch's answer."""
        end = 0
        for each in batch:
            part = slice(end, end := end + len(each.rows))
            own = {name: cells[part] for name, cells in columns.items()} if answer.unknown else {}
            unknown = self._model.unknown(own) if own else {}
            yield Answer(answer.predictions[part], answer.scores[part], unknown)
