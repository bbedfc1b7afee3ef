import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.guard import Guard


def failing(error: Exception):
    def step() -> bool:
        raise error

    return step


@pytest.mark.parametrize("error", [LabError("no"), OSError("no"), KeyError("no")])
def test_a_step_that_fails_has_changed_nothing_and_ends_nothing(error: Exception):
    assert Guard().run("step", failing(error)) is False


def test_the_same_failure_is_said_once_until_the_step_works_again(caplog: pytest.LogCaptureFixture):
    guard = Guard()

    guard.run("step", failing(LabError("no")))
    guard.run("step", failing(LabError("no")))
    assert caplog.text.count("LabError: no") == 1

    assert guard.run("step", lambda: True) is True
    guard.run("step", failing(LabError("no")))
    assert caplog.text.count("LabError: no") == 2


def test_a_mistake_of_our_own_comes_with_its_traceback(caplog: pytest.LogCaptureFixture):
    Guard().run("step", failing(KeyError("no")))

    assert "Traceback" in caplog.text
