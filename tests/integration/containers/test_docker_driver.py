import time
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from mlops_lab.delivery.engine import Engine
from mlops_lab.localcloud.docker_driver import OUT_OF_MEMORY, DockerDriver
from mlops_lab.localcloud.driver import CannotStartError, Container, Status

pytestmark = pytest.mark.docker
NAME = "t-1-app"
BASE = "python:3.11-slim"
FOREVER = "import time\nwhile True: time.sleep(0.05)"


def container(code: str, name: str = NAME, **changes: object) -> Container:
    return Container(id=name, image=BASE, entry_point=("python", "-u", "-c"), command=(code,), **changes)


def until(condition: Callable[[], object], seconds: float = 30) -> object:
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return seen


def ended(driver: DockerDriver) -> Status:
    until(lambda: not driver.statuses()[0].running)
    (only,) = driver.statuses()
    return only


def lines(driver: DockerDriver) -> list[str]:
    return [line.message for line in driver.logs(NAME, None)[0]]


def run(driver: DockerDriver, code: str, **changes: object) -> list[str]:
    driver.start(container(code, **changes))
    ended(driver)
    return lines(driver)


def test_the_exit_code_of_the_application_is_kept(driver: DockerDriver):
    driver.start(container("raise SystemExit(3)"))

    assert ended(driver) == Status(NAME, running=False, exit_code=3)


def test_a_container_over_its_memory_limit_is_killed_and_the_reason_is_named(driver: DockerDriver):
    driver.start(container("bytearray(256 * 2**20)", memory_mib=64))

    assert ended(driver) == Status(NAME, running=False, exit_code=137, reason=OUT_OF_MEMORY)


def test_a_container_whose_memory_runs_out_ends_with_its_application_killed(driver: DockerDriver):
    driver.start(container(f"print('up')\n{FOREVER}", memory_mib=64, user="10001:10001"))
    until(lambda: lines(driver))

    driver.fill_memory(NAME)

    assert ended(driver) == Status(NAME, running=False, exit_code=137, reason=OUT_OF_MEMORY)


def test_a_container_on_a_full_disk_is_told_by_its_writes_and_lives_and_writes_again(driver: DockerDriver):
    code = """
import os, time
file, last = os.open("/tmp/file", os.O_CREAT | os.O_WRONLY | os.O_APPEND), None
while True:
    try:
        now = os.write(file, b"x" * 100)
    except OSError as error:
        now = error.strerror
    if now != last:
        print(now)
    last = now
    time.sleep(0.01)
"""
    driver.start(container(code, user="10001:10001", read_only_root=True))
    until(lambda: lines(driver))

    driver.limit_files(NAME, 0)
    until(lambda: len(lines(driver)) == 2)
    driver.limit_files(NAME, None)
    until(lambda: len(lines(driver)) == 3)

    assert lines(driver) == ["100", "File too large", "100"]


def test_a_restarted_driver_finds_its_containers_and_their_logs(connect: Callable[[], DockerDriver]):
    connect().start(container(f"print('hello')\n{FOREVER}"))
    until(lambda: lines(connect()))

    again = connect()

    assert again.statuses() == [Status(NAME, running=True)]
    assert lines(again) == ["hello"]


def test_containers_of_another_cloud_are_not_seen(engine: Engine, driver: DockerDriver):
    driver.start(container(FOREVER))

    other = DockerDriver(engine.client, f"test-{uuid4().hex[:8]}", engine.network, {})
    other.kill(NAME)
    other.remove(NAME)

    assert other.statuses() == []
    assert driver.statuses() == [Status(NAME, running=True)]


def test_terminate_lets_the_application_end_by_itself(driver: DockerDriver):
    handler = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); print('ready')"
    driver.start(container(f"{handler}\n{FOREVER}"))
    until(lambda: lines(driver))

    driver.terminate(NAME)

    assert ended(driver).exit_code == 7


def test_kill_ends_an_application_that_ignores_sigterm(driver: DockerDriver):
    driver.start(container(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x')\n{FOREVER}"))
    until(lambda: lines(driver))

    driver.terminate(NAME)
    driver.kill(NAME)

    assert ended(driver) == Status(NAME, running=False, exit_code=137)


def test_signals_and_removal_of_what_is_not_there_are_no_errors(driver: DockerDriver):
    driver.start(container("pass"))
    ended(driver)

    driver.terminate(NAME)
    driver.kill(NAME)
    driver.remove(NAME)
    driver.remove(NAME)
    driver.kill(NAME)

    assert driver.statuses() == []
    assert driver.logs(NAME, None) == ([], None)
    assert driver.usage(NAME) is None


def test_a_log_is_read_once_in_pieces_by_its_cursor(connect: Callable[[], DockerDriver]):
    connect().start(container("import time\nfor i in range(300): print(i); time.sleep(0.005)"))

    seen: list[str] = []
    cursor = None
    while len(seen) < 300:
        new, cursor = connect().logs(NAME, cursor)
        seen += [line.message for line in new]

    assert seen == [str(number) for number in range(300)]


def test_log_lines_have_the_time_when_they_were_written(driver: DockerDriver):
    before = int(time.time() * 1000)
    run(driver, "print('now')")

    (line,), _ = driver.logs(NAME, None)

    assert before <= line.timestamp <= int(time.time() * 1000)


def test_a_line_longer_than_the_engine_s_chunks_stays_one_line(driver: DockerDriver):
    assert run(driver, "print('x' * 100_000); print('end')") == ["x" * 100_000, "end"]


def test_a_read_only_container_writes_to_tmp_only(driver: DockerDriver):
    code = """
for path in ("/tmp/file", "/file", "/var/file"):
    try: open(path, "w").close(); print(path)
    except OSError as error: print(error.strerror)
"""

    assert run(driver, code, read_only_root=True) == ["/tmp/file", "Read-only file system", "Read-only file system"]


def test_a_container_has_the_given_user_and_no_privileges(driver: DockerDriver):
    code = """
import os
print(os.getuid(), os.getgid())
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["CapBnd"], 16), int(status["NoNewPrivs"]))
"""

    assert run(driver, code, user="10001:10002") == ["10001 10002", "0 1"]


def test_the_cpu_quota_is_the_share_of_a_cpu_that_the_units_name(driver: DockerDriver):
    code = """
import pathlib
v1, v2 = (pathlib.Path("/sys/fs/cgroup", name) for name in ("cpu/cpu.cfs_quota_us", "cpu.max"))
print(int((v1 if v1.exists() else v2).read_text().split()[0]) / 100_000)
"""

    assert run(driver, code, cpu_units=256) == ["0.25"]


def test_usage_reports_cpu_and_memory_of_a_running_container(driver: DockerDriver):
    driver.start(container(f"data = bytearray(50 * 2**20); sum(range(10**6)); print('ready')\n{FOREVER}"))
    until(lambda: lines(driver))

    usage = driver.usage(NAME)

    assert usage is not None
    assert usage.cpu_seconds > 0
    assert 50 * 2**20 < usage.memory_bytes < 200 * 2**20


def test_an_ended_container_has_no_usage(driver: DockerDriver):
    run(driver, "pass")

    assert driver.usage(NAME) is None


def test_a_port_answers_on_loopback_and_only_there(driver: DockerDriver, port: int):
    server = "import http.server as h, os; " + (
        "h.ThreadingHTTPServer((os.environ.get('HOST', '0.0.0.0'), int(os.environ.get('PORT', 8000))), "
        "h.SimpleHTTPRequestHandler).serve_forever()"
    )
    driver.start(container(server, ports={8000: port}, environment={"HOST": "0.0.0.0", "PORT": "8000"}))

    def status() -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=2) as answer:
                return int(answer.status)
        except OSError:
            return None

    assert until(status) == 200
    assert listening_addresses(port) == {"0100007F"}


def listening_addresses(port: int) -> set[str]:
    """Local addresses (hexadecimal, as the kernel writes them) of sockets that listen on a port."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file][1:]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}


def test_an_image_that_cannot_be_pulled_is_ecs_s_reason(driver: DockerDriver):
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/none@sha256:{'0' * 64}"

    with pytest.raises(CannotStartError, match=r"^CannotPullContainerError: 123456789012.*/none@sha256:0+: .+"):
        driver.start(Container(id=NAME, image=image))

    assert driver.statuses() == []


def test_a_command_that_does_not_exist_is_ecs_s_reason(driver: DockerDriver):
    with pytest.raises(CannotStartError, match=r"^CannotStartContainerError: .*no-such-program"):
        driver.start(Container(id=NAME, image=BASE, entry_point=("no-such-program",)))


class EngineThatGoesAway:
    """An engine whose connection breaks when a container is to be started."""

    def __init__(self, client: Any):
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def start(self, container: str) -> None:
        raise ConnectionError(f"the engine went away before it started {container}")


def test_a_container_whose_start_was_interrupted_is_started_anew(engine: Engine, cloud: str, driver: DockerDriver):
    broken = DockerDriver(EngineThatGoesAway(engine.client), cloud, engine.network, {})
    with pytest.raises(OSError, match="went away"):
        broken.start(container("print('first')"))
    assert driver.statuses() == [Status(NAME, running=False)]

    assert run(driver, "print('second')") == ["second"]
