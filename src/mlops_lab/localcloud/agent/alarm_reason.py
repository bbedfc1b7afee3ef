"""Why an alarm has its state, in CloudWatch's words. Pure."""

import json
from datetime import UTC, datetime

from mlops_lab.localcloud.agent.alarms import ALARM, INSUFFICIENT_DATA, Verdict

WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def reason(verdict: Verdict) -> str:
    """``Threshold Crossed: 1 out of the last 1 datapoints [6.0 (25/09/22 18:49:00)] was greater than ...``."""
    alarm = verdict.alarm
    if verdict.state == INSUFFICIENT_DATA:
        count = verdict.filled
        return f"Insufficient Data: {count} {_datapoints(count)} {_was(count)} unknown."
    count = verdict.filled if alarm.missing in TREATED else 0
    filled = f"{count} missing {_datapoints(count)} {_was(count)} treated as [{TREATED.get(alarm.missing)}]"
    if not verdict.values:
        return f"Threshold Crossed: no datapoints were received for {count} period{_s(count)} and {filled}."
    also = f" and {filled}" if count else ""
    return f"Threshold Crossed: {_crossed(verdict)}{also} {_minimum(verdict)}."


def reason_data(verdict: Verdict, now: float) -> str:
    """Return StateReasonData: what was evaluated, as JSON."""
    alarm = verdict.alarm
    found: dict[str, object] = {"version": "1.0", "queryDate": _moment(now)}
    if verdict.values:
        found["startDate"] = _moment(verdict.values[0][0])
    if alarm.statistic:
        found["statistic"] = alarm.statistic
    return json.dumps(
        found
        | {
            "period": alarm.period,
            "recentDatapoints": [value for _, value in verdict.values],
            "threshold": alarm.threshold,
            "evaluatedDatapoints": [
                {"timestamp": _moment(second), "value": value} for second, value in reversed(verdict.values)
            ],
        }
    )


def _crossed(verdict: Verdict) -> str:
    alarm = verdict.alarm
    alarming = verdict.state == ALARM
    told = [(second, value) for second, value in verdict.values if alarm.is_breaching(value) == alarming]
    shown = ", ".join(f"{float(value)} ({_short(second)})" for second, value in reversed(told))
    negated = "" if alarming else "not "
    return (
        f"{len(told)} out of the last {len(verdict.values)} datapoints [{shown}] {_was(len(told))} {negated}"
        f"{WORDS[alarm.comparison]} the threshold ({float(alarm.threshold)})"
    )


def _minimum(verdict: Verdict) -> str:
    alarm = verdict.alarm
    count = alarm.datapoints_to_alarm
    if verdict.state != ALARM:
        count = alarm.evaluation_periods - count + 1
    change = "OK -> ALARM" if verdict.state == ALARM else "ALARM -> OK"
    return f"(minimum {count} {_datapoints(count)} for {change} transition)"


def _short(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%d/%m/%y %H:%M:%S")


def _moment(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _datapoints(count: int) -> str:
    return f"datapoint{_s(count)}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
