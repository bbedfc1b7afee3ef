"""A recorded canary as a timeline: the weight it had over time, what was measured, how it ended. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 46, 36, 14
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Timeline:
    """What the page shows of a canary."""

    title: str
    outcome: str
    rows: Sequence[tuple[str, str]]  # what happened: seconds since it was opened, and what
    looks: Sequence[Json]
    failures: str
    drawing: Markup


def timeline(record: Json) -> Timeline:
    """Tell a canary from its record."""
    events = record["events"]
    start = _moment(record["opened"])
    rows = [(f"{_seconds(start, each['at']):.1f} s", f"{each['what']} ({each['weight']} %)") for each in events]
    title = f"{record['project']}: version {record['version']} beside {record['stable_version']}, {record['opened']}"
    reason = f": {record['reason']}" if record["reason"] else ""
    points = [(_seconds(start, each["at"]), float(each["weight"])) for each in events]
    shares = [
        (_seconds(start, each["at"]), _share(*each["settled"])) for each in record["looks"] if any(each["settled"])
    ]
    drawing = Markup(draw(points, shares, f"Weight of {title}"))
    return Timeline(title, record["phase"] + reason, rows, record["looks"], lost(record["failures"] or {}), drawing)


def lost(failures: Json) -> str:
    """Say what clients lost; what was not counted is not said."""
    said = []
    if clients := failures.get("clients"):
        offered, failed, bound = (f"{clients[name]:,}" for name in ("offered", "failed", "bound"))
        said.append(f"{failed} of {offered} requests failed, where {bound} can have met the canary (at 99.9 %)")
    named = {"target": "5xx of the canary's tasks", "balancer": "5xx of the balancer"}
    said += [f"{what}: {failures[name]}" for name, what in named.items() if name in failures]
    return "; ".join(said)


def _share(stable: int, canary: int) -> float:
    """Per cent of the requests that the canary took."""
    return 100 * canary / (stable + canary)


def draw(weights: Sequence[tuple[float, float]], shares: Sequence[tuple[float, float]], label: str) -> str:
    """Draw the weight as a line of steps and the measured share as points; seconds against per cent."""
    end = max((second for second, _ in [*weights, *shares]), default=0.0) or 1.0
    parts = [*_axes(end), _steps(weights, end)]
    parts += [f'<circle class="share" cx="{_x(at, end):.1f}" cy="{_y(share):.1f}" r="4"/>' for at, share in shares]
    return (
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _axes(end: float) -> Iterator[str]:
    for percent in (0, 50, 100):
        y = _y(percent)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>'
    for part in (0, 0.5, 1):
        yield f'<text x="{_x(part * end, end):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{part * end:.0f} s</text>'


def _steps(weights: Sequence[tuple[float, float]], end: float) -> str:
    path, before = f"M{LEFT} {_y(0):.1f}", 0.0
    for at, weight in weights:
        path += f"L{_x(at, end):.1f} {_y(before):.1f}L{_x(at, end):.1f} {_y(weight):.1f}"
        before = weight
    return f'<path class="weight" d="{path}L{_x(end, end):.1f} {_y(before):.1f}"/>'


def _x(second: float, end: float) -> float:
    return LEFT + second / end * (WIDTH - LEFT - 24)


def _y(percent: float) -> float:
    return TOP + (100 - percent) / 100 * (HEIGHT - TOP - BOTTOM)


def _seconds(start: datetime, stamp: str) -> float:
    return (_moment(stamp) - start).total_seconds()


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
