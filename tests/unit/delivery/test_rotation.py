from typing import Any

import pytest

from mlops_lab.delivery import rotation
from mlops_lab.delivery.rotation import Services, rotate
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

BOTH = ("API_KEY", "API_KEY_OTHER")


class FakeEcs:
    """Two services, of which one runs; a forced deployment settles after some looks."""

    def __init__(self, read: tuple[str, ...] = BOTH, looks: int = 2) -> None:
        self.read, self.looks = read, looks
        self.rolled: list[str] = []

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        self.looks -= bool(self.rolled)
        rolling = self.rolled and self.looks > 0
        return {
            "services": [
                {
                    "serviceName": name,
                    "status": "ACTIVE",
                    "desiredCount": 1 if name == services[0] else 0,
                    "runningCount": 1 if name == services[0] else 0,
                    "taskDefinition": f"{name}:1",
                    "deployments": [{}, {}] if rolling else [{}],
                }
                for name in services[:2]
            ]
        }

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
        return {"taskDefinition": {"containerDefinitions": [{"secrets": [{"name": name} for name in self.read]}]}}

    def update_service(self, cluster: str, service: str, forceNewDeployment: bool) -> None:
        assert forceNewDeployment
        self.rolled.append(service)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "LOOK", 0)


def test_only_services_with_tasks_are_rolled_and_waited_for() -> None:
    ecs, said = FakeEcs(), []

    names = Services(ecs).roll(said.append)

    assert names == ("mlops-lab-income-stable",) == tuple(ecs.rolled)
    assert ecs.looks <= 0
    assert said == ["rolled: mlops-lab-income-stable"]


def test_a_service_that_reads_one_key_only_is_not_rolled() -> None:
    ecs = FakeEcs(read=("API_KEY",))

    with pytest.raises(LabError, match=r"reads \['API_KEY'\] and no second key; run `make apply deploy`"):
        Services(ecs).roll(lambda line: None)

    assert ecs.rolled == []


def test_a_service_that_does_not_settle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PATIENCE", 0)

    with pytest.raises(LabError, match="mlops-lab-income-stable did not roll in 0 s"):
        Services(FakeEcs(looks=99)).roll(lambda line: None)


def test_an_unknown_secret_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabError, match="SECRET is 'password'; use one of api-key"):
        rotate(Settings(), "password", lambda line: None)


class Interrupted:
    """Parameters that break off at the n-th write, and whose keys can be asked for."""

    def __init__(self, writes: int) -> None:
        self.values = {"used": "old", "other": "old"}
        self.left = writes

    def get(self, name: str) -> str:
        return self.values[name]

    def put(self, name: str, value: str) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.values[name] = value


@pytest.mark.parametrize("writes", range(5))
def test_at_whatever_write_it_breaks_off_every_task_takes_the_key_that_clients_read(
    writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Interrupted(writes)
    accepted = [{"old"}]  # by the tasks, after each rolling
    monkeypatch.setattr(rotation, "client", lambda *_: None)
    monkeypatch.setattr(rotation, "_verify", lambda *_: None)
    monkeypatch.setattr(
        Services, "roll", lambda self, say: accepted.append(set(held.values.values())) or ("mlops-lab-income-stable",)
    )

    try:
        rotation._rotate(Settings(), held, "used", "other", lambda line: None, 0.0)
    except KeyboardInterrupt:
        assert writes < 4
    else:
        assert held.values["used"] == held.values["other"] != "old"

    assert held.values["used"] in accepted[-1]
