"""The one process of the embedded cloud: control plane, agent and load balancer, started and stopped in that order."""

import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.assembly import assemble
from mlops_lab.localcloud.household import Household
from mlops_lab.localcloud.plane import ControlPlane
from mlops_lab.localcloud.plane.activities import SOURCE as ACTIVITIES
from mlops_lab.localcloud.plane.outbox import OUTBOX
from mlops_lab.settings import Settings, read_settings

STOP_SECONDS = 40  # ECS's default stop timeout of 30 s and some

log = logging.getLogger(__name__)


def run(settings: Settings, notify: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: Ports and folders.
        notify: File descriptor that gets ``ready``, or one line that says why not.
    """
    house = Household(settings)
    signalled, signals = os.pipe()  # a handler may take no lock, as an event's is: it writes a byte
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(signals, b"."))
    with house.lock.open("r+") as lock:
        _hold(lock.fileno())
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n{house.runtime.driver.name}\n")
        lock.flush()
        _serve(settings, house, lambda: os.read(signalled, 1), notify)
        lock.truncate(0)


def _serve(settings: Settings, house: Household, wait: Callable[[], object], notify: int) -> None:
    house.require_free_ports()
    plane = ControlPlane(house.cloud / "plane", settings.cloud_port)
    plane.start()
    if house.runtime.registry:
        house.runtime.registry.start()
    agent = assemble(
        house.agent_state,
        settings.region,
        settings.aws_environment,
        house.runtime.driver,
        house.proxies,
        house.listener_ports,
        settings.metric_seconds,
    )
    plane.health_of = agent.health.of
    OUTBOX.deliver = agent.messenger.send
    ACTIVITIES.ask = agent.activities.shown
    agent.start()
    _tell(notify, "ready")
    log.info("ready: AWS endpoint %s, load balancer %s", plane.url, settings.balancer_url)
    wait()
    log.info("stopping")
    agent.stop(STOP_SECONDS)
    house.proxies.stop()
    if house.runtime.registry:
        house.runtime.registry.stop()
    plane.stop()


def _hold(lock: int) -> None:
    """Take the lock; whoever only looks whether it is held has it for a moment, so one refusal means little."""
    for _ in range(10):
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)
    raise LabError("The embedded cloud already runs; see `make status`.")


def _tell(notify: int, line: str) -> None:
    os.write(notify, f"{line}\n".encode())
    os.close(notify)


def main() -> None:
    """Run as ``python -m mlops_lab.localcloud.daemon <file descriptor to notify>``."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    notify = int(sys.argv[1])
    try:
        run(read_settings(), notify)
    except LabError as error:
        log.error("%s", error)
        _tell(notify, str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
