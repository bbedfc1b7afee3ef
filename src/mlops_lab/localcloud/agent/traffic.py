"""From lines of the load balancer's access logs to counts by target group and period. Pure."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

DIGITS = 3  # significant ones that are kept of a response time
NO_TARGET = 503  # no target was healthy: such a request was not sent to one


class Request(NamedTuple):
    """One answered request, from one line of an access log."""

    second: float  # when it was answered, since the epoch
    source: str  # "targetgroup/<name>/<id>", or "app/<name>/<id>" where the load balancer itself answered
    status: int
    latency: float | None  # seconds until the target answered; None: no target did
    retries: int
    action: str | None  # "fixed-response" or "redirect", where that was the answer


@dataclass
class Traffic:
    """What happened in one period to the requests of one source."""

    requests: int = 0  # for which a target was chosen
    by_target: Counter[str] = field(default_factory=Counter)  # "2XX" -> answers of targets
    by_balancer: Counter[int] = field(default_factory=Counter)  # status -> answers of the load balancer itself
    actions: Counter[str] = field(default_factory=Counter)  # "fixed-response" -> answers
    latencies: Counter[float] = field(default_factory=Counter)  # seconds -> answers of targets
    connection_errors: int = 0  # requests that met at least one target they could not connect to

    def add(self, request: Request) -> None:
        """Count a request."""
        if request.action:
            self.actions[request.action] += 1
        if request.latency is not None:
            self.by_target[f"{request.status // 100}XX"] += 1
            self.latencies[float(f"{request.latency:.{DIGITS}g}")] += 1
        else:
            self.by_balancer[request.status] += 1
        if request.source.startswith("targetgroup/"):
            self.requests += request.latency is not None or request.status != NO_TARGET
            self.connection_errors += request.retries > 0


def parse(line: bytes) -> Request | None:
    """Read a line of Caddy's access log; None where it is not one, or tells of no answer."""
    try:
        fields = json.loads(line)
        latency = fields.get("latency")
        request = Request(
            second=float(fields["ts"]),
            source=str(fields["logger"]).removeprefix("http.log.access."),
            status=int(fields["status"]),
            latency=None if latency is None else float(latency) / 1000,
            retries=int(fields.get("retries") or 0),
            action=fields.get("action"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return request if request.status else None


def collect(lines: Iterable[bytes], period: int) -> dict[tuple[int, str], Traffic]:
    """Count the requests by (beginning of the period, source)."""
    counted: dict[tuple[int, str], Traffic] = {}
    for line in lines:
        if request := parse(line):
            start = int(request.second // period * period)
            counted.setdefault((start, request.source), Traffic()).add(request)
    return counted
