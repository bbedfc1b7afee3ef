"""The autoscaling experiment on one time axis: load, tasks, CPU, latency, alarms."""

from collections.abc import Sequence
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mlops_lab.catalog import NAME
from mlops_lab.cloud.metrics import Series
from mlops_lab.load.experiment import Experiment
from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER, RULE

HEIGHTS = (1.6, 1.3, 1.3, 1.6)
ROW = 0.3  # inches of the alarms' panel for each alarm
ALARM, OFFERED, ANSWERED = "#b3392f", COLOURS["network"], COLOURS["observability"]
MILLISECONDS = 1_000


def draw(found: Experiment, cpu_target: float | None = None) -> Figure:
    """Draw the five panels, 1200 pixels wide; the time is in minutes since the start of the load.

    Args:
        found: What was seen.
        cpu_target: CPU per cent that a policy keeps to, for a line; None: no line.
    """
    spans = alarm_spans(found)
    ratios = [*HEIGHTS, max(0.8, ROW * len(spans) + 0.3)]
    figure = Figure(figsize=(12, sum(ratios) + 1.2), dpi=DPI, facecolor=PAPER, layout="constrained")
    load, tasks, cpu, latency, alarms = figure.subplots(5, sharex=True, height_ratios=ratios)
    _load(load, found)
    _tasks(tasks, found)
    _cpu(cpu, found, cpu_target)
    _latency(latency, found)
    _alarms(alarms, found, spans)
    for axes in (load, tasks, cpu, latency, alarms):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        axes.set_axisbelow(True)
        axes.grid(axis="x", color=RULE, linewidth=0.5)
    alarms.set_xlim(0, _minutes(found, found.end))
    alarms.set_xlabel("minutes since the load began", color=MUTED)
    return figure


def alarm_spans(found: Experiment) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return when each alarm was in ALARM, by name in the order of going off; an open one lasts to the end."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    since: dict[str, datetime] = {}
    for change in found.changes:
        if change.after == "ALARM":
            since[change.alarm] = change.moment
            spans.setdefault(change.alarm, [])
        elif change.before == "ALARM":
            spans.setdefault(change.alarm, []).append((since.pop(change.alarm, found.start), change.moment))
    for name, moment in since.items():
        spans[name].append((moment, found.end))
    return spans


def _load(axes: Axes, found: Experiment) -> None:
    begun = (found.summary.started - found.start).total_seconds() / 60
    seconds = found.summary.timeline
    x = [begun + each.second / 60 for each in seconds]
    axes.plot(x, [each.offered for each in seconds], color=OFFERED, linewidth=1, label="offered by the client")
    points = found.series["requests"]
    rates = [value / points.period for value in points.values]
    axes.step(_times(found, points), rates, where="post", color=ANSWERED, linewidth=2, label="RequestCount / period")
    _named(axes, "requests\na second")


def _tasks(axes: Axes, found: Experiment) -> None:
    x = [_minutes(found, moment) for moment, _, _ in found.counts]
    axes.step(x, [desired for _, desired, _ in found.counts], where="post", color=MUTED, label="wanted", linestyle="--")
    healthy = found.series["healthy"]
    axes.step(
        _times(found, healthy), healthy.values, where="post", color=COLOURS["tasks"], linewidth=2, label="healthy"
    )
    axes.set_ylim(0, max([3.0, *healthy.values]) + 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _named(axes, "tasks")


def _cpu(axes: Axes, found: Experiment, target: float | None) -> None:
    cpu, memory = found.series["cpu"], found.series["memory"]
    axes.plot(_times(found, cpu), cpu.values, color=COLOURS["balancer"], linewidth=2, label="CPU")
    axes.plot(_times(found, memory), memory.values, color=COLOURS["storage"], linewidth=1.4, label="memory")
    if target is not None:
        axes.axhline(target, color=MUTED, linestyle=":", linewidth=1, label="CPU target")
    axes.set_ylim(bottom=0)
    _named(axes, "% of a task's\nCPU, memory")


def _latency(axes: Axes, found: Experiment) -> None:
    for name, shade in (("p50", ANSWERED), ("p90", OFFERED), ("p99", ALARM)):
        points = found.series[f"latency_{name}"]
        values = [value * MILLISECONDS for value in points.values]
        axes.plot(_times(found, points), values, color=shade, linewidth=1.6, label=name)
    axes.set_ylim(bottom=0)
    _named(axes, "latency\nms")


def _alarms(axes: Axes, found: Experiment, spans: dict[str, list[tuple[datetime, datetime]]]) -> None:
    for row, (name, times) in enumerate(spans.items()):
        bars = [(_minutes(found, start), _minutes(found, end) - _minutes(found, start)) for start, end in times]
        axes.broken_barh(bars, (row - 0.35, 0.7), facecolors=COLOURS["tasks"] if _tracks(name) else ALARM)
    axes.set_yticks(range(len(spans)), [short_name(name) for name in spans], fontsize=8)
    axes.set_ylim(max(len(spans), 1) - 0.5, -0.5)
    axes.set_ylabel("in ALARM", color=MUTED, fontsize=9)


def short_name(alarm: str) -> str:
    """An alarm's name for an axis: a target-tracking one's without its id, another's without the lab's own."""
    if _tracks(alarm):
        return f"scaling {alarm.split('-Alarm')[1].split('-')[0].lower()}"
    return alarm.removeprefix(f"{NAME}-")


def _tracks(alarm: str) -> bool:
    return alarm.startswith("TargetTracking-")


def _named(axes: Axes, label: str) -> None:
    axes.set_ylabel(label, color=MUTED, fontsize=9)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.97), borderaxespad=0, frameon=False, ncols=3, fontsize=8)


def _times(found: Experiment, series: Series) -> Sequence[float]:
    return [_minutes(found, moment) for moment, _ in series.points]


def _minutes(found: Experiment, moment: datetime) -> float:
    return (moment - found.start).total_seconds() / 60
