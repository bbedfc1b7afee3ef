import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mlops_lab.localcloud import process_driver
from mlops_lab.localcloud.driver import CannotStartError, Container, Status
from mlops_lab.localcloud.process_driver import ProcessDriver

IMAGE = "1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:abc"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images" / "app" / "abc"
    folder.mkdir(parents=True)
    package = {"entry_point": [sys.executable, "-u", "-c"], "command": ["print('default')"], "environment": {"A": "1"}}
    (folder / "image.json").write_text(json.dumps(package))
    return tmp_path / "images"


@pytest.fixture
def driver(tmp_path: Path, images: Path) -> Iterator[ProcessDriver]:
    driver = ProcessDriver(tmp_path / "containers", images)
    yield driver
    for status in driver.statuses():
        driver.kill(status.id)


def container(code: str, name: str = "t-1-app", **changes: object) -> Container:
    return Container(id=name, image=IMAGE, command=(code,), **changes)


def until(condition: Callable[[], object], seconds: float = 10) -> object:
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return seen


def status(driver: ProcessDriver) -> Status:
    (only,) = driver.statuses()
    return only


def ended(driver: ProcessDriver) -> Status:
    until(lambda: not status(driver).running)
    return status(driver)


def lines(driver: ProcessDriver, name: str = "t-1-app") -> list[str]:
    return [line.message for line in driver.logs(name, None)[0]]


def test_the_exit_code_of_the_application_is_kept(driver: ProcessDriver):
    driver.start(container("raise SystemExit(3)"))

    assert ended(driver) == Status("t-1-app", running=False, exit_code=3)


def test_the_image_s_own_command_runs_where_none_is_given(driver: ProcessDriver):
    driver.start(Container(id="t-1-app", image=IMAGE))

    ended(driver)

    assert lines(driver) == ["default"]


def test_variables_come_from_image_and_task_and_nothing_else(driver: ProcessDriver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the caller's")

    driver.start(container("import os; print(sorted(os.environ))", environment={"B": "2"}, ports={8000: 7001}))
    ended(driver)

    (names,) = lines(driver)
    assert {"A", "B", "HOST", "PORT"} <= set(eval(names))
    assert "AWS_SECRET_ACCESS_KEY" not in names


def test_an_application_is_told_to_listen_on_loopback(driver: ProcessDriver):
    code = "import os; print(os.environ['HOST'], os.environ['PORT'])"

    driver.start(container(code, environment={"HOST": "0.0.0.0"}, ports={8000: 7001}))
    ended(driver)

    assert lines(driver) == ["127.0.0.1 7001"]


def test_sigterm_reaches_the_application_which_may_end_in_its_own_way(driver: ProcessDriver):
    code = "import signal,sys,time\nsignal.signal(15, lambda *a: sys.exit(7))\nprint('up')\ntime.sleep(60)"
    driver.start(container(code))
    until(lambda: lines(driver))

    driver.terminate("t-1-app")

    assert ended(driver).exit_code == 7


def test_sigkill_is_137(driver: ProcessDriver):
    driver.start(container("import time; print('up'); time.sleep(60)"))
    until(lambda: lines(driver))

    driver.kill("t-1-app")

    assert ended(driver).exit_code == 137


def test_an_application_killed_by_somebody_else_is_137(driver: ProcessDriver):
    driver.start(container("import os,time; print(os.getpid()); time.sleep(60)"))
    until(lambda: lines(driver))

    os.kill(int(lines(driver)[0]), signal.SIGKILL)

    assert ended(driver).exit_code == 137


def test_an_application_over_its_memory_limit_is_killed_and_the_reason_said(driver: ProcessDriver):
    driver.start(container("import time; x = bytearray(200 * 2**20); time.sleep(60)", memory_mib=100))

    last = ended(driver)

    assert (last.exit_code, last.reason) == (137, "OutOfMemoryError: Container killed due to memory usage")


def test_an_application_whose_memory_runs_out_is_killed_as_one_over_its_limit(driver: ProcessDriver):
    driver.start(container("import time; x = bytearray(50 * 2**20); print('up'); time.sleep(60)", memory_mib=500))
    until(lambda: lines(driver))

    driver.fill_memory("t-1-app")

    last = ended(driver)
    assert (last.exit_code, last.reason) == (137, "OutOfMemoryError: Container killed due to memory usage")


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="Linux has this limit")
def test_an_application_on_a_full_disk_is_told_by_its_writes_and_lives_and_writes_again(
    driver: ProcessDriver, tmp_path: Path
):
    file = tmp_path / "file"
    code = f"""
import os, time
file, last = os.open({str(file)!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND), None
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
    driver.start(container(code))
    until(lambda: lines(driver))

    driver.limit_files("t-1-app", file.stat().st_size + 10_050)
    until(lambda: len(lines(driver)) == 3)
    driver.limit_files("t-1-app", None)
    until(lambda: len(lines(driver)) == 4)

    assert lines(driver) == ["100", "50", "File too large", "100"]


def test_what_does_not_run_cannot_be_disturbed_and_that_is_no_error(driver: ProcessDriver):
    driver.start(container("pass"))
    ended(driver)

    driver.fill_memory("t-1-app")
    driver.limit_files("unknown", 0)


def test_a_new_driver_finds_what_an_earlier_one_started(driver: ProcessDriver, tmp_path: Path, images: Path):
    driver.start(container("import time; time.sleep(60)"))

    later = ProcessDriver(tmp_path / "containers", images)

    assert later.statuses() == [Status("t-1-app", running=True)]


def test_another_process_with_the_same_pid_is_not_taken_for_the_container(driver: ProcessDriver, tmp_path: Path):
    driver.start(container("pass"))
    ended(driver)

    (tmp_path / "containers" / "t-1-app" / "wrapper").write_text(str(os.getpid()))

    assert not status(driver).running


def test_lines_are_read_once_and_only_when_complete(driver: ProcessDriver, tmp_path: Path):
    driver.start(container("pass"))
    ended(driver)
    log = tmp_path / "containers" / "t-1-app" / "log"

    log.write_text("one\ntwo\nthr")
    first, cursor = driver.logs("t-1-app", None)
    log.write_text("one\ntwo\nthree\n")
    second, _ = driver.logs("t-1-app", cursor)

    assert [line.message for line in first] == ["one", "two"]
    assert [line.message for line in second] == ["three"]


def test_use_is_measured_while_it_runs_and_absent_after(driver: ProcessDriver):
    driver.start(container("import time; x = bytearray(50 * 2**20); print('up'); time.sleep(60)"))
    until(lambda: lines(driver))

    usage = driver.usage("t-1-app")
    driver.kill("t-1-app")
    ended(driver)

    assert usage is not None
    assert usage.memory_bytes > 50 * 2**20
    assert driver.usage("t-1-app") is None


@pytest.mark.parametrize("image", ["1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:other", "app:bootstrap"])
def test_an_image_that_is_not_here_cannot_be_pulled(driver: ProcessDriver, image: str):
    with pytest.raises(CannotStartError, match="CannotPullContainerError"):
        driver.start(Container(id="t-1-app", image=image))


def test_a_removed_container_leaves_nothing(driver: ProcessDriver, tmp_path: Path):
    driver.start(container("pass"))
    ended(driver)

    driver.remove("t-1-app")

    assert driver.statuses() == []
    assert list((tmp_path / "containers").iterdir()) == []


def test_a_process_is_told_a_volume_s_folder_here_and_nothing_else_is_changed(tmp_path: Path):
    container = Container("t-1-app", "image", mounts={"/mnt/db": tmp_path})

    assert process_driver._placed("sqlite:////mnt/db/runs.db", container) == f"sqlite:///{tmp_path}/runs.db"
    assert process_driver._placed("/mnt/dbs/other", container) == "/mnt/dbs/other"
