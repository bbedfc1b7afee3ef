"""What an outcome is, how one is checked, and how the results are kept and shown."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

STATUSES = {"pass": "green", "fail": "red", "not applicable": "yellow"}


class NotReachedError(Exception):
    """The outcome is not reached; the message says what was seen instead."""


class NotApplicableError(Exception):
    """The check cannot mean anything on this target; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """A line of the plan and its check, which returns evidence: a value or a link that a reader can follow."""

    id: str
    title: str
    check: Callable[[Settings], str]


@dataclass(frozen=True)
class Result:
    """What a check saw."""

    id: str
    outcome: str
    status: Literal["pass", "fail", "not applicable"]
    seconds: float
    evidence: str


def require(holds: object, seen: str) -> None:
    """Raise NotReachedError with what was seen unless the condition holds."""
    if not holds:
        raise NotReachedError(seen)


def run(outcome: Outcome, settings: Settings) -> Result:
    """Check one outcome; a check that cannot finish has failed."""
    start = time.monotonic()
    status: Literal["pass", "fail", "not applicable"] = "pass"
    try:
        evidence = outcome.check(settings)
        if not evidence:
            raise NotReachedError("the check gave no evidence")
    except NotApplicableError as reason:
        status, evidence = "not applicable", str(reason)
    except (NotReachedError, LabError) as error:
        status, evidence = "fail", str(error)
    except Exception as error:
        status, evidence = "fail", f"{type(error).__name__}: {error}"
    return Result(outcome.id, outcome.title, status, round(time.monotonic() - start, 1), " ".join(evidence.split()))


def run_all(
    outcomes: Sequence[Outcome], settings: Settings, known: Mapping[str, "Future[Result]"], workers: int = 4
) -> list[Result]:
    """Check outcomes side by side, but for those (by id) that are being checked already; results in the given order."""
    with ThreadPoolExecutor(workers, thread_name_prefix="outcome") as pool:
        started = {each.id: known.get(each.id) or pool.submit(run, each, settings) for each in outcomes}
        return [future.result() for future in started.values()]


def save(results: Sequence[Result], path: Path, target: str) -> None:
    """Write results into ``outcomes.json``, keeping those of other outcomes on the same target."""
    kept = json.loads(path.read_text()) if path.is_file() else {}
    rows = {row["id"]: row for row in kept.get("outcomes", [])} if kept.get("target") == target else {}
    rows |= {result.id: asdict(result) for result in results}
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = [rows[key] for key in sorted(rows)]
    path.write_text(json.dumps({"target": target, "outcomes": ordered}, indent=2) + "\n")


def show(results: Sequence[Result], console: Console) -> None:
    """Print the table: id, status, seconds, and the outcome above its evidence."""
    table = Table("id", "status", "seconds", "outcome and evidence", box=SIMPLE_HEAD, padding=(0, 1, 1, 0))
    for result in results:
        status = f"[{STATUSES[result.status]}]{result.status}[/]"
        text = Text.assemble((result.outcome, "bold"), "\n", result.evidence, overflow="fold")
        table.add_row(result.id, status, f"{result.seconds:.1f}", text)
    console.print(table)


def failed(results: Sequence[Result]) -> list[Result]:
    """Return the results that failed."""
    return [result for result in results if result.status == "fail"]
