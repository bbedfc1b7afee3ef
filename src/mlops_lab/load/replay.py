"""Replays rows of a project's table through its live API, in the order of their own time; what came of them follows."""

import heapq
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pandas as pd

from mlops_lab import catalog, projects
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.data import dataset, labels
from mlops_lab.data.label import labelled
from mlops_lab.data.labels import Label
from mlops_lab.errors import LabError
from mlops_lab.load.live import Aim, aim
from mlops_lab.progress import Say
from mlops_lab.projects.project import Project, Window
from mlops_lab.settings import Settings

TICK = 0.25  # seconds of this machine's clock between two requests
MOST = 1_000  # rows of a request
DELIVERY = 4.0  # seconds between two deliveries of labels
TIMEOUT = 30.0
SPEED = 200_000.0  # a month in 13 seconds


@dataclass
class Replayed:
    """What came of a replay."""

    window: Window
    rows: int = 0  # answered
    failed: int = 0
    delivered: int = 0  # labels
    error: float = 0.0  # sum of the distances of label and prediction, over `delivered` rows
    versions: dict[str, int] = field(default_factory=dict)  # model version -> rows that it answered

    def __str__(self) -> str:
        versions = ", ".join(f"version {version}: {rows:,} rows" for version, rows in sorted(self.versions.items()))
        known = f"mean absolute error {self.error / self.delivered:.2f}" if self.delivered else "no label yet"
        return f"{self.rows:,} rows answered ({versions}), {self.failed:,} failed; {self.delivered:,} labels, {known}"


@dataclass(frozen=True)
class Batch:
    """Rows that are asked for at once."""

    number: int  # in the window's order
    tick: int  # in which it is due
    now: pd.Timestamp  # the rows' own clock
    instances: list[dict[str, Any]]
    labels: list[float | None]
    known: list[pd.Timestamp]  # when a label arrives


def replay(
    settings: Settings, name: str, window: Window, speed: float, say: Say, *, called: str | None = None
) -> Replayed:
    """Send a window's rows in order of time, each as the API takes it, and deliver their labels as they become known.

    Args:
        settings: The target.
        name: Of a project whose requests have a time.
        window: Of that time.
        speed: Times the rows' own pace.
        say: Gets a line for every delivery of labels.
        called: Beginning of the request ids: the same replay again under the same name adds nothing to the log.

    Raises:
        LabError: The project's requests have no time, the window holds no row, or the API answers none.
    """
    project = projects.get(name)
    frame = dataset.load(project, catalog.Paths(settings.root, settings.state_dir).data).frame
    batches, sent = rows_by_time(project, frame, window, speed * TICK), Replayed(window)
    feed = _Feed(settings, project.name, sent, say)
    prefix, start = called or f"replay-{uuid4().hex[:12]}", time.monotonic()
    with explained(settings), _Client(aim(settings, project.name)) as live:
        for batch in batches:
            time.sleep(max(0.0, start + batch.tick * TICK - time.monotonic()))
            feed.take(f"{prefix}-{batch.number}", batch, live.ask(f"{prefix}-{batch.number}", batch.instances))
            if not sent.rows:
                raise LabError(f"{live.aim.url} answers {live.said}; see `make status`.")
        feed.deliver_all()
    return sent


def rows_by_time(project: Project, frame: pd.DataFrame, window: Window, span: float) -> Iterator[Batch]:
    """Yield a window's rows in order of time, those of `span` seconds of it together, at most `MOST` of them.

    Raises:
        LabError: The project's requests have no time, or the window holds no row.
    """
    if (column := project.clock) is None:
        raise LabError(f"Requests of {project.name} have no time of their own to be replayed by; use another project.")
    first, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
    rows = frame[frame[column].between(first, end, inclusive="left")].sort_values(column, kind="stable")
    if rows.empty:
        raise LabError(f"{project.name} has no row from {window.start} up to {window.end}; use another window.")
    target = labelled(project, rows)[project.target].reindex(rows.index)
    known = rows[project.label.end] if project.label else rows[column]
    ticks = ((rows[column] - first).dt.total_seconds() // span).astype(int)
    inputs = rows[[each.name for each in project.inputs]]
    parts = (
        (int(str(tick)), part.iloc[begin : begin + MOST])
        for tick, part in inputs.groupby(ticks, sort=True)
        for begin in range(0, len(part), MOST)
    )
    for number, (tick, part) in enumerate(parts):
        instances = json.loads(part.to_json(orient="records", date_format="iso", date_unit="s"))
        truth = [None if pd.isna(each) else float(each) for each in target.loc[part.index]]
        yield Batch(
            number, tick, first + timedelta(seconds=(tick + 1) * span), instances, truth, [*known.loc[part.index]]
        )


class _Client:
    """The live API."""

    def __init__(self, where: Aim):
        self.aim, self.said = where, "nothing"
        self._http = httpx.Client(headers=dict(where.headers), timeout=TIMEOUT)

    def __enter__(self) -> "_Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, name: str, instances: list[dict[str, Any]]) -> Mapping[str, Any] | None:
        """Ask for predictions; None where the request fails."""
        content = json.dumps({"instances": instances}).encode()
        try:
            answer = self._http.post(self.aim.url, content=content, headers={"x-request-id": name})
        except httpx.HTTPError as error:
            self.said = str(error) or type(error).__name__
            return None
        self.said = f"{answer.status_code}: {answer.text[:200]}"
        said: Mapping[str, Any] | None = answer.json() if answer.is_success else None
        return said


class _Feed:
    """Labels of what was answered, delivered once they are known."""

    def __init__(self, settings: Settings, project: str, sent: Replayed, say: Say):
        self._s3, self._project = client(settings, "s3"), project
        self._bucket = catalog.predictions_bucket(account(settings))
        self._sent, self._say = sent, say
        self._waiting: list[tuple[pd.Timestamp, Label, float]] = []
        self._delivered = time.monotonic()

    def take(self, name: str, batch: Batch, answer: Mapping[str, Any] | None) -> None:
        """Take what was answered, and deliver what has become known since."""
        if answer is None:
            self._sent.failed += len(batch.instances)
        else:
            self._sent.rows += len(batch.instances)
            version = str(answer["model_version"])
            self._sent.versions[version] = self._sent.versions.get(version, 0) + len(batch.instances)
            for row, (label, known) in enumerate(zip(batch.labels, batch.known, strict=True)):
                if label is not None:
                    error = abs(label - api.number(answer["predictions"][row]))
                    heapq.heappush(self._waiting, (known, Label(answer["request_id"], row, label), error))
        if time.monotonic() > self._delivered + DELIVERY:
            self._deliver(batch.now)

    def deliver_all(self) -> None:
        """Deliver what is left: it becomes known after the window's end."""
        self._deliver(None)

    def _deliver(self, now: pd.Timestamp | None) -> None:
        known = []
        while self._waiting and (now is None or self._waiting[0][0] <= now):
            known.append(heapq.heappop(self._waiting))
        if known:
            labels.deliver(self._s3, self._bucket, self._project, [label for _, label, _ in known])
            self._sent.delivered += len(known)
            self._sent.error += sum(error for *_, error in known)
        self._delivered = time.monotonic()
        self._say(f"{f'{now:%Y-%m-%d}' if now is not None else 'the end'}: {self._sent}")
