"""What a prediction takes of a core, from which `make cost` sizes tasks, and what more tasks answer than one.

Usage: python benchmarks/sizing.py

The model is the first project's, of 10,000 rows, trained here; the services log their predictions. A task has one
worker, so that two workers are two tasks. Processor time is the kernel's, of the services alone, over all requests of a
round, so that clients on the same cores do not distort it. Rounds of each kind alternate; several tasks share the
connections. The ratio is what so many tasks answer over what one does; on a machine of few cores the clients need
theirs, too.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from loopback import Running, bundle, candidate, drive, logging_to, request, serving

from mlops_lab.reporting.site.records import Kept, write

ROUNDS, SECONDS, CONNECTIONS, BATCH, TASKS = 5, 2.0, 16, 100, 3


def processor_seconds(server: Running) -> float:
    found = server.process.cpu_times()
    return float(found.user + found.system)


def measure(servers: Sequence[Running], content: bytes) -> tuple[float, float]:
    """Requests a second over all servers, and processor seconds of a request."""

    async def together() -> int:
        each = (drive(server.port, content, SECONDS, CONNECTIONS // len(servers)) for server in servers)
        return sum(len(answered) for answered in await asyncio.gather(*each))

    before = sum(map(processor_seconds, servers))
    answered = asyncio.run(together())
    return answered / SECONDS, (sum(map(processor_seconds, servers)) - before) / answered


def main() -> None:
    with ExitStack() as stack:
        folder, *logs = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(1 + TASKS))
        sha256 = bundle(candidate(), folder)
        servers = []
        for log in logs:
            variables = stack.enter_context(logging_to(str(log)))
            servers.append(stack.enter_context(serving(str(folder), sha256, **variables)))
        row, rows = request(str(folder)), request(str(folder), BATCH)
        kinds = {tasks: (servers[:tasks], row) for tasks in range(1, TASKS + 1)} | {BATCH: (servers[:1], rows)}
        found: dict[int, list[tuple[float, float]]] = {name: [] for name in kinds}
        for kind in kinds.values():
            measure(*kind)
        for _ in range(ROUNDS):
            for name, kind in kinds.items():
                found[name].append(measure(*kind))
    record = measured(found)
    show(record)
    write(Kept(Path(__file__).parents[1] / "reports").sizing, record)


def measured(found: Mapping[int, Sequence[tuple[float, float]]]) -> dict[str, Any]:
    """What is kept of a run."""
    rate = {name: statistics.median(each for each, _ in rounds) for name, rounds in found.items()}
    taken = {name: statistics.median(each for _, each in rounds) for name, rounds in found.items()}
    rounds = {name: [each for each, _ in found[name]] for name in range(1, TASKS + 1)}
    times = {
        name: statistics.median(many / one for many, one in zip(rounds[name], rounds[1], strict=True))
        for name in rounds
    }
    return {
        "recorded": datetime.now(UTC).date().isoformat(),
        "cores": psutil.cpu_count(),
        "rows": [
            {"rows": size, "cpu_seconds": taken[kind], "requests_per_second": rate[kind]}
            for size, kind in ((1, 1), (BATCH, BATCH))
        ],
        "tasks": [{"tasks": name, "requests_per_second": rate[name], "times": times[name]} for name in rounds],
    }


def show(record: Mapping[str, Any]) -> None:
    for each in record["rows"]:
        of_a_row = 1e6 * each["cpu_seconds"] / each["rows"]
        print(f"{each['rows']} rows a request: {of_a_row:.1f} us of a core for each row")
    for each in record["tasks"]:
        told = f"{each['requests_per_second']:,.0f} requests/s, {each['times']:.2f} of one task's"
        print(f"{each['tasks']} tasks: {told}, on {record['cores']} cores with the clients")


if __name__ == "__main__":
    main()
