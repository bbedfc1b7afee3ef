"""Target-group health checks: probes targets over HTTP and keeps each one's state as ELB words it."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

Key = tuple[str, str, int]  # target group ARN, target id, port
PROBES = 8  # at the same time
STARTING_INTERVAL = 0.25  # seconds between probes of a target that has never been healthy; ELB waits an interval


@dataclass(frozen=True)
class Check:
    """How a target is checked, from its target group."""

    key: Key
    path: str
    interval: float  # seconds
    timeout: float  # seconds
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: str  # "200", "200,202" or "200-299"

    @property
    def url(self) -> str:
        """The address that is probed."""
        return f"http://{self.key[1]}:{self.key[2]}{self.path}"


@dataclass(frozen=True)
class TargetHealth:
    """A target's state as DescribeTargetHealth tells it."""

    state: str = "initial"
    reason: str | None = "Elb.InitialHealthChecking"
    description: str | None = "Initial health checks in progress"
    run: int = field(default=0, compare=False)  # probes in a row that contradict the state
    since: float = field(default=0.0, compare=False)  # of the first probe, monotonic seconds


def judge(health: TargetHealth, check: Check, failure: tuple[str, str] | None, now: float) -> TargetHealth:
    """Return the state after a probe: ELB's thresholds; a new target needs one success.

    Args:
        health: The state before.
        check: The thresholds.
        failure: (reason code, description), or None for a success.
        now: Seconds of the monotonic clock.
    """
    if failure is None:
        run = health.run + 1
        if health.state == "healthy":
            return replace(health, run=0)
        enough = health.state == "initial" or run >= check.healthy_threshold
        return TargetHealth("healthy", None, None) if enough else replace(health, run=run)
    if health.state == "unhealthy":
        return replace(health, reason=failure[0], description=failure[1], run=0)
    run = health.run + 1
    since = health.since or now
    patience = check.interval * check.unhealthy_threshold
    over = now - since >= patience if health.state == "initial" else run >= check.unhealthy_threshold
    return TargetHealth("unhealthy", *failure) if over else replace(health, run=run, since=since)


def matches(matcher: str, status: int) -> bool:
    """Whether an HTTP status is one of ``200``, ``200,202`` or ``200-299``."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


def probe(check: Check) -> tuple[str, str] | None:
    """Send one health check; return ELB's reason code and description, or None where it succeeded."""
    request = urllib.request.Request(check.url, headers={"User-Agent": "ELB-HealthChecker/2.0"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=check.timeout
        ) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except OSError:
        return "Target.FailedHealthChecks", "Health checks failed"
    if matches(check.matcher, status):
        return None
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


class HealthTable:
    """The state of every watched target, kept fresh by a thread."""

    def __init__(self, changed: Callable[[], None], probe: Callable[[Check], tuple[str, str] | None] = probe):
        self._changed = changed
        self._probe = probe
        self._checks: dict[Key, Check] = {}
        self._health: dict[Key, TargetHealth] = {}
        self._due: dict[Key, float] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._watched = False

    def start(self) -> None:
        """Begin to probe."""
        threading.Thread(target=self._run, name="health", daemon=True).start()

    def stop(self) -> None:
        """Probe no more."""
        self._stopped.set()

    def watch(self, checks: Iterable[Check]) -> None:
        """Set what is watched; what is watched no more is forgotten.

        The first time the answer is waited for: an agent that was restarted finds targets that serve, and must not take
        them out of rotation until it happens to know them.
        """
        wanted = {check.key: check for check in checks}
        first, self._watched = not self._watched, True
        with self._lock:
            for key in self._checks.keys() - wanted.keys():
                self._health.pop(key, None)
                self._due.pop(key, None)
            self._checks = wanted
        if first:
            with ThreadPoolExecutor(PROBES) as pool:
                self.probe_due(pool)

    def of(self, target_group: str, target: str, port: int) -> TargetHealth | None:
        """A target's state, or None where it is not watched."""
        with self._lock:
            known = (target_group, target, port) in self._checks
            return self._health.get((target_group, target, port), TargetHealth()) if known else None

    def probe_due(self, pool: ThreadPoolExecutor) -> None:
        """Probe every target whose time has come."""
        now = time.monotonic()
        with self._lock:
            due = [check for key, check in self._checks.items() if self._due.get(key, 0) <= now]
            for check in due:
                self._due[check.key] = now + check.interval
        list(pool.map(self._check, due))

    def _check(self, check: Check) -> None:
        failure = self._probe(check)
        now = time.monotonic()
        with self._lock:
            if check.key not in self._checks:
                return
            before = self._health.get(check.key, TargetHealth())
            after = judge(before, check, failure, now)
            self._health[check.key] = after
            if after.state == "initial":
                self._due[check.key] = now + STARTING_INTERVAL
        if after.state != before.state:
            self._changed()

    def _run(self) -> None:
        with ThreadPoolExecutor(PROBES, thread_name_prefix="health") as pool:
            while not self._stopped.wait(0.1):
                self.probe_due(pool)
