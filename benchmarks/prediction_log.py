"""Throughput of the service with its prediction log against the same service without, from one interleaved run.

Usage: python benchmarks/prediction_log.py

The model is the first project's, of 10,000 rows, trained here. Both services run all the time; the rounds alternate in
turned order, so that what else the machine does meets both. S3 is a server that takes objects and forgets them. The
yardstick is the median over the rounds of logged / unlogged: at least 0.80. The processor time of a request, which
other load moves less, says the same of a service with a core to itself.
"""

import asyncio
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from loopback import Taker, bundle, candidate, drive, logging_to, request, serving

ROUNDS, SECONDS, CONNECTIONS = 24, 1.0, 16
YARDSTICK = 0.80


@dataclass
class Service:
    """A running service and what it did in its rounds."""

    port: int
    process: psutil.Process
    answered: list[int] = field(default_factory=list)
    cpu: float = 0.0  # seconds

    def measure(self, content: bytes) -> None:
        before = self._used()
        self.answered.append(len(asyncio.run(drive(self.port, content, SECONDS, CONNECTIONS))))
        self.cpu += self._used() - before

    def _used(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main() -> None:
    with ExitStack() as stack:
        folder, log = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2))
        sha256 = bundle(candidate(), Path(folder))
        content = request(folder)
        to = stack.enter_context(logging_to(log))
        started = [stack.enter_context(serving(folder, sha256, **each)) for each in ({}, to)]
        plain, logged = (Service(each.port, each.process) for each in started)
        for service in (plain, logged):
            service.measure(content)
            service.answered, service.cpu = [], 0.0
        for turn in range(ROUNDS):
            for service in (plain, logged) if turn % 2 else (logged, plain):
                service.measure(content)
    report(plain, logged)


def report(plain: Service, logged: Service) -> None:
    ratios = sorted(with_log / without for without, with_log in zip(plain.answered, logged.answered, strict=True))
    ratio = statistics.median(ratios)
    without, with_log = (statistics.median(each.answered) / SECONDS for each in (plain, logged))
    print(f"without the log {without:,.0f} requests/s, with it {with_log:,.0f} at {CONNECTIONS} connections")
    costs = [1e6 * each.cpu / sum(each.answered) for each in (plain, logged)]
    print(f"processor time of a request: {costs[0]:.0f} us without, {costs[1]:.0f} us with ({costs[0] / costs[1]:.2f})")
    print(f"S3 was sent {Taker.taken / 1e6:.1f} MB")
    print(f"logged / unlogged: {ratio:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f}; at least {YARDSTICK:.2f})")
    sys.exit(ratio < YARDSTICK)


if __name__ == "__main__":
    main()
