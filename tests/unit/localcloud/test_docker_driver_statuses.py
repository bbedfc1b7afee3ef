from typing import Any

import pytest
import requests
from docker.errors import APIError, ImageNotFound, NotFound

from mlops_lab.localcloud.docker_driver import CLOUD, CONTAINER, OUT_OF_MEMORY, TAKES_MEMORY, DockerDriver
from mlops_lab.localcloud.driver import CannotStartError, Container, Status


class FakeEngine:
    """Containers by name, each with the state that `inspect` tells."""

    def __init__(self, **states: dict[str, Any]):
        self.states = {f"c-{name.replace('_', '-')}": state for name, state in states.items()}
        self.inspected: list[str] = []
        self.executed: list[object] = []

    def containers(self, all: bool, filters: dict[str, str]) -> list[dict[str, Any]]:  # noqa: A002  (docker's name)
        assert all
        assert filters == {"label": f"{CLOUD}=c"}
        return [
            {"Labels": {CLOUD: "c", CONTAINER: name.removeprefix("c-")}, "State": state["Status"]}
            for name, state in self.states.items()
        ]

    def inspect_container(self, name: str) -> dict[str, Any]:
        self.inspected.append(name)
        if self.states[name]["Status"] == "gone":
            raise NotFound("no such container")
        return {"State": self.states[name]}

    def kill(self, name: str, signal: str) -> None:
        response = requests.Response()
        response.status_code = {"exited": 409, "broken": 500}[self.states[name]["Status"]]
        raise APIError("refused", response)

    def exec_create(self, name: str, command: list[str]) -> dict[str, str]:
        if self.states[name]["Status"] == "exited":
            self.kill(name, "none")
        self.executed = [name, *command]
        return {"Id": "e1"}

    def exec_start(self, execution: str, detach: bool) -> bytes:
        self.executed.append(detach)
        return b"not permitted\n"

    def exec_inspect(self, execution: str) -> dict[str, int]:
        return {"ExitCode": self.states["c-t-1"].get("code", 0)}

    def inspect_image(self, image: str) -> dict[str, Any]:
        raise ImageNotFound(image)

    def pull(self, image: str, stream: bool, decode: bool) -> list[dict[str, str]]:
        return [{"status": "Pulling"}, {"error": "manifest unknown"}]


def exited(code: int, **changes: Any) -> dict[str, Any]:
    return {"Status": "exited", "ExitCode": code, "OOMKilled": False, "Error": "", **changes}


def driver(engine: FakeEngine) -> DockerDriver:
    return DockerDriver(engine, "c", "host", {})


@pytest.mark.parametrize("state", ["running", "paused", "restarting"])
def test_what_has_not_ended_runs(state: str):
    assert driver(FakeEngine(t_1={"Status": state})).statuses() == [Status("t-1", running=True)]


def test_what_the_kernel_killed_for_memory_says_so():
    engine = FakeEngine(t_1=exited(137, OOMKilled=True))

    assert driver(engine).statuses() == [Status("t-1", running=False, exit_code=137, reason=OUT_OF_MEMORY)]


def test_what_the_engine_says_of_a_failed_container_is_its_reason():
    engine = FakeEngine(t_1=exited(127, Error="exec: no such file"))

    assert driver(engine).statuses() == [Status("t-1", running=False, exit_code=127, reason="exec: no such file")]


def test_an_ended_container_is_inspected_once():
    engine = FakeEngine(t_1=exited(0), t_2={"Status": "running"})
    own = driver(engine)

    first, second = own.statuses(), own.statuses()

    assert first == second
    assert engine.inspected == ["c-t-1"]


def test_a_container_that_was_removed_meanwhile_is_left_out():
    assert driver(FakeEngine(t_1={"Status": "gone"})).statuses() == []


def test_a_signal_to_what_does_not_run_is_no_error():
    driver(FakeEngine(t_1=exited(0))).terminate("t-1")


def test_a_signal_that_the_engine_fails_to_send_is_an_error():
    with pytest.raises(OSError, match="Server Error"):
        driver(FakeEngine(t_1={"Status": "broken"})).kill("t-1")


def test_memory_is_filled_by_a_neighbour_in_the_container_for_which_nobody_waits():
    engine = FakeEngine(t_1={"Status": "running"})

    driver(engine).fill_memory("t-1")

    assert engine.executed == ["c-t-1", "python", "-c", TAKES_MEMORY, True]


@pytest.mark.parametrize("size", [0, None])
def test_files_are_limited_from_inside(size: int | None):
    engine = FakeEngine(t_1={"Status": "running"})

    driver(engine).limit_files("t-1", size)

    assert f"hard if {size} is None else {size}" in str(engine.executed[3])
    assert engine.executed[4] is False


def test_a_limit_that_is_refused_is_an_error():
    with pytest.raises(OSError, match="t-1: not permitted"):
        driver(FakeEngine(t_1={"Status": "running", "code": 1})).limit_files("t-1", 0)


def test_what_does_not_run_cannot_be_disturbed_and_that_is_no_error():
    own = driver(FakeEngine(t_1=exited(0)))

    own.fill_memory("t-1")
    own.limit_files("t-1", 0)


def test_a_pull_that_fails_on_the_way_is_ecs_s_reason():
    with pytest.raises(CannotStartError, match=r"^CannotPullContainerError: r/app:1: manifest unknown$"):
        driver(FakeEngine()).start(Container("t-1", "r/app:1"))
