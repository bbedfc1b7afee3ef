"""What the figures of the autoscaling experiment say, written from the figures: other numbers make other sentences."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from mlops_lab.cloud.scaling import Policy
from mlops_lab.load.experiment import Experiment
from mlops_lab.reporting.scaling_chart import alarm_spans, short_name


def policies(found: Sequence[Policy]) -> pd.DataFrame:
    """List target-tracking policies: the metric that each follows, and the value that it keeps to."""
    rows = [(each.name, each.metric, f"{each.target:g}") for each in sorted(found, key=lambda policy: policy.name)]
    return pd.DataFrame(rows, columns=["policy", "metric", "target"])


def activities(found: Experiment) -> pd.DataFrame:
    """List what autoscaling did: when, to how many tasks, which policy asked for it, and what came of it."""
    rows = [
        (
            _after(found, each.started),
            "" if each.ended is None else f"{(each.ended - each.started).total_seconds():.0f} s",
            f"{each.desired}",
            each.cause.rpartition(" policy ")[2],
            each.status,
        )
        for each in found.activities
    ]
    return pd.DataFrame(rows, columns=["after", "took", "tasks", "policy", "status"])


def alarms(found: Experiment) -> pd.DataFrame:
    """List the alarms that went off: when, for how long, and how many notices their actions sent."""
    sent = [each.alarm for each in found.actions if each.succeeded]
    rows = [
        (short_name(name), _after(found, start), f"{(end - start).total_seconds():.0f} s", f"{sent.count(name)}")
        for name, spans in alarm_spans(found).items()
        for start, end in spans
    ]
    return pd.DataFrame(rows, columns=["alarm", "after", "in ALARM for", "notices"])


def alarms_that_returned(found: Experiment) -> list[str]:
    """Name the alarms that went off, returned to OK, and sent a notice each time."""
    after = [(each.alarm, each.after) for each in found.changes]
    sent = [each.alarm for each in found.actions if each.succeeded]
    names = sorted({each.alarm for each in found.actions})
    return [name for name in names if {(name, "ALARM"), (name, "OK")} <= set(after) and sent.count(name) >= 2]


def clients(found: Experiment) -> str:
    """Say what the clients saw: requests, failures, latency."""
    seen = found.summary
    latency = (
        "none" if seen.latency is None else f"{seen.latency.p50 * 1000:.1f} ms, p99 {seen.latency.p99 * 1000:.1f} ms"
    )
    failed = f"**{seen.failed} failed**" + (f" ({dict(seen.errors)})" if seen.errors else "")
    answered = ", ".join(f"{count} with {kind}" for kind, count in found.mistakes.errors.items()) or "none"
    return (
        f"Of {seen.offered:,} requests {failed}, while tasks came and went; p50 {latency}, measured from when each was "
        f"due. Of {found.mistakes.offered} bad requests the API refused {answered}."
    )


def scaled(found: Experiment) -> str:
    """Say when tasks were added and taken away, from the activities and the healthy hosts."""
    most = max(found.series["healthy"].values, default=0)
    out = next((each for each in found.activities if each.desired == most), None)
    last = found.activities[-1] if found.activities else None
    if out is None or last is None:
        return "Autoscaling **changed nothing**: the load was not more than one task takes."
    reached = next((moment for moment, value in found.series["healthy"].points if value == most), None)
    healthy = "" if reached is None else f", healthy in the period that began at {_after(found, reached)}"
    return (
        f"{_after(found, out.started)} after the start autoscaling asked for **{out.desired} tasks** by "
        f"`{out.cause.rpartition(' policy ')[2]}`{healthy}. The last one, after {_after(found, last.started)}, set "
        f"**{last.desired}**, and {found.counts[-1][2]} ran at the end."
    )


def path(found: Experiment) -> str:
    """Say which numbers of tasks autoscaling wanted, one after the other."""
    first = [found.counts[0][1]] if found.counts else []
    return " -> ".join(str(each) for each in [*first, *(activity.desired for activity in found.activities)])


def told(found: Experiment) -> str:
    """Say it all in one line, for a table of outcomes."""
    return (
        f"{found.start:%Y-%m-%d %H:%M} UTC: {found.rates.busy:g} requests a second, tasks {path(found)}, "
        f"{found.summary.failed} of {found.summary.offered} requests failed"
    )


def _after(found: Experiment, moment: datetime) -> str:
    seconds = int((moment - found.start).total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"
