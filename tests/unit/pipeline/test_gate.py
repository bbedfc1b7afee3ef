import pytest

from mlops_lab.pipeline.gate import judge
from mlops_lab.projects.project import Gate

GATES = (Gate("auc", minimum=0.9), Gate("log_loss", maximum=0.3))


def test_metrics_on_their_bounds_pass() -> None:
    assert judge(GATES, {"auc": 0.9, "log_loss": 0.3}).passed


@pytest.mark.parametrize("auc", [0.89, float("nan"), None])
def test_a_metric_below_not_a_number_or_not_measured_is_refused(auc: float | None) -> None:
    metrics = {"log_loss": 0.3} | ({} if auc is None else {"auc": auc})

    verdict = judge(GATES, metrics)

    assert not verdict.passed
    assert [check.gate.metric for check in verdict.failures] == ["auc"]


def test_a_refusal_names_metric_value_and_bound() -> None:
    (failure,) = judge(GATES, {"auc": 0.95, "log_loss": 0.31}).failures

    assert str(failure) == "log_loss is 0.3100, must be at most 0.3"
