"""What a prediction takes of a core, and what one and two tasks answer: from which `make cost` sizes tasks.

Usage: python benchmarks/sizing.py

The model is the first project's, of 10,000 rows, trained here; the service logs its predictions. Processor time is
the kernel's, of the service alone, over all requests of a round, so that clients on the same cores do not distort it.
Rounds of each kind alternate; two tasks have half of the connections each. The ratio is what two tasks answer over
what one does: on a machine of few cores the clients need theirs, too.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
from loopback import Running, bundle, candidate, drive, logging_to, request, serving

from mlops_lab.reporting.site.records import Kept, write

ROUNDS, SECONDS, CONNECTIONS, BATCH = 5, 2.0, 16, 100


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
        folder, *logs = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(3))
        sha256 = bundle(candidate(), folder)
        servers = []
        for log in logs:
            variables = stack.enter_context(logging_to(str(log)))
            servers.append(stack.enter_context(serving(str(folder), sha256, **variables)))
        row, rows = request(str(folder)), request(str(folder), BATCH)
        kinds = {"one": (servers[:1], row), "two": (servers, row), "batch": (servers[:1], rows)}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for kind in kinds.values():
            measure(*kind)
        for _ in range(ROUNDS):
            for name, kind in kinds.items():
                found[name].append(measure(*kind))
    rate = {name: statistics.median(each for each, _ in rounds) for name, rounds in found.items()}
    taken = {name: statistics.median(each for _, each in rounds) for name, rounds in found.items()}
    print(f"one row a request: {1e6 * taken['one']:.0f} us of a core; one task answers {rate['one']:,.0f} a second")
    print(f"{BATCH} rows a request: {1e6 * taken['batch'] / BATCH:.1f} us of a core for each row")
    ratio = statistics.median(two / one for (one, _), (two, _) in zip(found["one"], found["two"], strict=True))
    print(f"two tasks / one task, requests a second: {ratio:.2f} on {psutil.cpu_count()} cores with the clients")
    record = {
        "recorded": datetime.now(UTC).date().isoformat(),
        "cores": psutil.cpu_count(),
        "rows": [
            {"rows": 1, "cpu_seconds": taken["one"], "requests_per_second": rate["one"]},
            {"rows": BATCH, "cpu_seconds": taken["batch"], "requests_per_second": rate["batch"]},
        ],
        "two_tasks": ratio,
    }
    write(Kept(Path(__file__).parents[1] / "reports").sizing, record)


if __name__ == "__main__":
    main()
