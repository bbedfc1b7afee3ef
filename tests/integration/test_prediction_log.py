"""The prediction log of real serving processes, killed and drained, and an S3 that goes away."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from mlops_lab import catalog
from mlops_lab.cloud import session
from mlops_lab.data import predictions
from mlops_lab.errors import LabError
from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.prediction_log import segment
from mlops_lab.settings import Settings

ACCOUNT = "123456789012"
BUCKET = catalog.predictions_bucket(ACCOUNT)
SECONDS = 0.2  # between two shipments
DAY = timedelta(days=1)


class Cloud:
    """Moto's S3 on a port of its own, that can go away and come back with what it holds."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        self._server: ThreadedMotoServer | None = None

    def come(self) -> None:
        if self._server:
            return
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def go(self) -> None:
        if self._server:
            self._server.stop()
        self._server = None


class Task:
    """A serving process and what it said."""

    def __init__(self, environment: dict[str, str]):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/income"
        self.said: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlops_lab.serving"],
            env=os.environ | environment | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        wait_until(lambda: "ready" in self.events)

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.said]

    @property
    def log(self) -> dict[str, int]:
        state: dict[str, int] = httpx.get(f"{self.url}/metadata").json()["since_start"]["prediction_log"]
        return state

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=60)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(map(json.loads, self.process.stdout))


class Client:
    """Sends requests of one and two rows, and knows which were answered."""

    def __init__(self, example: dict[str, Any]):
        self._example = example
        self._number = count()
        self.answered: dict[str, list[float]] = {}

    def ask(self, task: Task, times: int) -> None:
        with httpx.Client(base_url=task.url) as http:
            for _ in range(times):
                number = next(self._number)
                rows = [self._example | {"age": 20 + number % 50}] * (1 + number % 2)
                answer = http.post("predict", json={"instances": rows}, headers={"x-request-id": f"request-{number}"})
                assert answer.status_code == 200
                self.answered[f"request-{number}"] = [each["probability"] for each in answer.json()["predictions"]]

    def ask_until_it_ends(self, task: Task) -> None:
        with suppress(httpx.HTTPError):
            self.ask(task, 1_000_000)

    @property
    def rows(self) -> Counter[tuple[str, int]]:
        return Counter((name, row) for name, scores in self.answered.items() for row in range(len(scores)))


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    cloud.come()
    yield cloud
    cloud.go()


@pytest.fixture
def settings(cloud: Cloud, tmp_path: Path) -> Iterator[Settings]:
    """A lab with an empty bucket of predictions."""
    settings = Settings(TARGET="local", root=tmp_path, cloud_port=cloud.port)
    s3 = session.client(settings, "s3")
    s3.create_bucket(Bucket=BUCKET)
    yield settings
    cloud.come()
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def start(bundle: Bundle, settings: Settings, folder: Path, tmp_path: Path) -> Iterator[Callable[..., Task]]:
    """Starts a task whose log is in the test's folder and bucket."""
    bundles.write(bundle, tmp_path / "bundle")
    told = settings.aws_environment | {
        "PROJECT": "income",
        "BUNDLE_URI": (tmp_path / "bundle").as_uri(),
        "BUNDLE_SHA256": bundle.sha256,
        "PREDICTION_LOG_FOLDER": str(folder),
        "PREDICTION_LOG_BUCKET": BUCKET,
        "PREDICTION_LOG_SECONDS": str(SECONDS),
    }
    started: list[Task] = []

    def launch(**environment: str) -> Task:
        started.append(Task(told | environment))
        return started[-1]

    yield launch
    for task in started:
        task.process.kill()
        task.process.wait()


@pytest.fixture
def caller(bundle: Bundle) -> Client:
    return Client(bundle.document("request.schema.json")["examples"][0])


def shipped(settings: Settings) -> pd.DataFrame:
    now = datetime.now(UTC)
    return predictions.shipped(settings, "income", now - DAY, now + DAY)


def rows(logged: pd.DataFrame) -> Counter[tuple[str, int]]:
    return Counter(zip(logged["request_id"], logged["row"], strict=True))


def is_empty(folder: Path) -> bool:
    return not any(segment.size(path) for path in segment.found(folder))


def test_a_drained_task_leaves_nothing_behind_and_everything_in_s3(
    start: Callable[..., Task], settings: Settings, folder: Path, caller: Client
):
    task = start(PREDICTION_LOG_SECONDS="300")
    caller.ask(task, 50)

    task.end(signal.SIGTERM)

    assert task.process.returncode == 0
    assert list(folder.iterdir()) == []
    assert rows(shipped(settings)) == caller.rows


def test_what_was_asked_and_answered_is_what_is_read(start: Callable[..., Task], settings: Settings, caller: Client):
    task = start()
    caller.ask(task, 10)
    task.end(signal.SIGTERM)
    now = datetime.now(UTC)

    logged = predictions.read(settings, "income", now - DAY, now + DAY)

    assert logged["score"].tolist() == [score for scores in caller.answered.values() for score in scores]
    assert logged.groupby("request_id", sort=False)["age"].first().tolist() == [20 + number for number in range(10)]
    assert set(logged["model_version"]) == {"7"}
    assert (logged["latency_ms"] > 0).all()
    assert logged["logged_at"].is_monotonic_increasing


def test_a_killed_task_under_load_loses_nothing_that_it_answered(
    start: Callable[..., Task], settings: Settings, folder: Path, caller: Client
):
    for _ in range(3):  # it is killed at another moment each time, while it writes and while it ships
        task = start()
        sender = threading.Thread(target=caller.ask_until_it_ends, args=(task,))
        sender.start()
        answered = len(caller.answered)
        wait_until(lambda since=answered: len(caller.answered) > since + 300)
        task.end(signal.SIGKILL)
        sender.join()

    last = start()
    wait_until(lambda: is_empty(folder))
    last.end(signal.SIGTERM)
    logged = shipped(settings)

    assert len(caller.answered) > 900
    assert caller.rows - rows(logged) == Counter()  # every answered row is there
    once = rows(predictions.once(logged))
    assert set(once.values()) == {1}
    assert sum((once - caller.rows).values()) <= 3 * 2  # and of what died unanswered, the last request of each task


def test_while_s3_is_away_answers_go_on_and_are_shipped_when_it_is_back(
    start: Callable[..., Task], settings: Settings, cloud: Cloud, caller: Client
):
    task = start()
    caller.ask(task, 20)
    cloud.go()
    caller.ask(task, 200)
    wait_until(lambda: "predictions wait" in task.events)
    waiting = task.log["waiting_bytes"]
    cloud.come()

    wait_until(lambda: task.log["shipped"] == sum(caller.rows.values()))

    assert waiting > 0
    assert task.log["waiting_bytes"] == 0
    assert rows(shipped(settings)) == caller.rows


def test_a_task_that_ends_while_s3_is_away_leaves_its_rows_to_the_next_one(
    start: Callable[..., Task], settings: Settings, cloud: Cloud, folder: Path, caller: Client
):
    first = start(PREDICTION_LOG_SECONDS="300")
    cloud.go()
    caller.ask(first, 30)
    first.end(signal.SIGTERM)
    left = is_empty(folder)
    cloud.come()

    start()
    wait_until(lambda: is_empty(folder))

    assert not left
    assert rows(shipped(settings)) == caller.rows


def test_two_tasks_share_a_folder_and_the_living_ships_what_the_killed_left(
    start: Callable[..., Task], settings: Settings, folder: Path, caller: Client
):
    living, killed = start(), start(PREDICTION_LOG_SECONDS="300")
    caller.ask(living, 20)
    caller.ask(killed, 20)

    killed.end(signal.SIGKILL)
    wait_until(lambda: is_empty(folder))

    assert rows(shipped(settings)) == caller.rows


def test_a_full_folder_sheds_logging_and_no_answers_and_says_so(
    start: Callable[..., Task], cloud: Cloud, settings: Settings, caller: Client
):
    task = start(PREDICTION_LOG_BYTES="2000")
    cloud.go()

    caller.ask(task, 100)
    wait_until(lambda: "predictions shed" in task.events)

    state = task.log
    assert state["logged"] + state["shed"] == sum(caller.rows.values())
    assert state["logged"] > 0
    line = next(each for each in task.said if each["event"] == "predictions shed")
    assert line["PredictionsShed"] > 0
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == catalog.METRICS


def test_a_folder_that_cannot_be_written_sheds_logging_and_no_answers(
    start: Callable[..., Task], tmp_path: Path, caller: Client
):
    (tmp_path / "file").write_text("no folder")
    task = start(PREDICTION_LOG_FOLDER=str(tmp_path / "file" / "log"))

    caller.ask(task, 10)

    assert task.log["shed"] == sum(caller.rows.values())


def test_a_damaged_file_is_named_where_the_log_is_read(settings: Settings):
    now = datetime.now(UTC)
    key = catalog.predictions_key("taxi", now, "damaged")
    s3, bucket = session.client(settings, "s3"), catalog.predictions_bucket(session.account(settings))
    s3.put_object(Bucket=bucket, Key=key, Body=b"PAR1 and no more")

    with pytest.raises(LabError, match=f"{key} is no Parquet file that can be read"):
        predictions.read(settings, "taxi", now - DAY, now)


def test_a_span_in_which_nothing_was_logged_is_an_empty_table(settings: Settings):
    now = datetime.now(UTC)

    logged = predictions.read(settings, "income", now - DAY, now)

    assert logged.empty
    assert list(logged.columns) == predictions.OWN.names
