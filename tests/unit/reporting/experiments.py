"""An autoscaling experiment as it would have been, in ten-second periods."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mlops_lab.cloud.alarms import Action, Change
from mlops_lab.cloud.metrics import METRICS, Series
from mlops_lab.cloud.scaling import Activity
from mlops_lab.load.experiment import Experiment, Rates
from mlops_lab.load.summary import Sample, summarise

START = datetime(2026, 11, 23, 9, 43, tzinfo=UTC)
ALARM = "mlops-lab-income-stable-client-errors"
HIGH = "TargetTracking-service/mlops-lab/mlops-lab-income-stable-AlarmHigh-b2132"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def activity(seconds: float, desired: int) -> Activity:
    cause = f"monitor alarm {HIGH} in state ALARM triggered policy requests"
    return Activity(at(seconds), at(seconds + 10), desired, cause, "Successful")


def change(seconds: float, after: str, alarm: str = ALARM) -> Change:
    return Change(alarm, at(seconds), "OK" if after == "ALARM" else "ALARM", after, "a reason")


def experiment(**changes: object) -> Experiment:
    """From 1 task to 3 and back, a client alarm that went off and returned, nothing failed."""
    series = {name: Series(10, ((at(0), 1.0), (at(50), 3.0), (at(100), 1.0))) for name in METRICS}
    samples = [Sample(second, second, second + 0.002) for second in range(100)]
    found = Experiment(
        project="income",
        rates=Rates(),
        start=START,
        end=at(120),
        summary=summarise(samples, START, 100),
        mistakes=summarise([Sample(40, 40, 40.001, "http 422")], START, 100),
        counts=((at(0), 1, 1), (at(50), 3, 1), (at(110), 1, 1)),
        series=series,
        activities=(activity(50, 3), activity(90, 1)),
        changes=(change(50, "ALARM"), change(80, "OK"), change(45, "ALARM", HIGH)),
        actions=(Action(ALARM, at(50), "arn:topic", True), Action(ALARM, at(80), "arn:topic", True)),
    )
    return replace(found, **changes)
