"""What the embedded Cost Explorer answers: the time that tasks really ran, at Fargate's list price; nothing else."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mlops_lab.localcloud.plane.extension.ecs.runs import Run
from mlops_lab.pipeline.prices import US_EAST_1

Json = dict[str, Any]
SERVICE = "Amazon Elastic Container Service"
COSTS = {"AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"}
QUANTITY = "UsageQuantity"
CPU, MEMORY = "Fargate-vCPU-Hours:perCPU", "Fargate-GB-Hours"


class UnsupportedError(ValueError):
    """The question cannot be answered here; the message says what can be asked."""


@dataclass(frozen=True)
class Charge:
    """A part of the bill: hours of one kind, and USD."""

    dimensions: Mapping[str, str]
    tags: Mapping[str, str]
    hours: float
    usd: float


@dataclass
class Sum:
    """Charges of one group together."""

    hours: float = 0.0
    usd: float = 0.0

    def metrics(self, names: Iterable[str]) -> Json:
        """Show the sum as the API does."""
        shown = {name: {"Amount": f"{self.usd:.10f}", "Unit": "USD"} for name in names if name in COSTS}
        return shown | {name: {"Amount": f"{self.hours:.10f}", "Unit": "N/A"} for name in names if name == QUANTITY}


@dataclass(frozen=True)
class Meter:
    """Answers GetCostAndUsage from runs; only tags whose keys are active for cost allocation are known."""

    runs: Collection[Run]
    active: Collection[str] = field(default_factory=tuple)

    def answer(self, request: Json, today: date) -> Json:
        """Answer a request; sums are exact, days that are not over are estimated.

        Raises:
            UnsupportedError: A metric, granularity, group or filter that is not metered.
        """
        names, groups = _metrics(request), [(each["Type"], each["Key"]) for each in request.get("GroupBy") or ()]
        results = []
        for start, end in _periods(request):
            charges = [each for each in self._charges(start, end) if _matches(each, request.get("Filter"), self.active)]
            found = _grouped(charges, groups, self.active)
            period = {"Start": start.isoformat(), "End": end.isoformat()}
            results.append({"TimePeriod": period, **_shown(found, names, bool(groups)), "Estimated": end > today})
        named = [{"Type": kind, "Key": key} for kind, key in groups]
        return {"ResultsByTime": results, "GroupDefinitions": named, "DimensionValueAttributes": []}

    def _charges(self, start: date, end: date) -> Iterator[Charge]:
        opened, closed = _midnight(start), _midnight(end)
        for run in self.runs:
            hours = (min(run.end, closed) - max(run.start, opened)) / timedelta(hours=1)
            if hours > 0:
                yield from _priced(run, hours)


def _priced(run: Run, hours: float) -> Iterator[Charge]:
    cpu, memory = (US_EAST_1.arm_cpu, US_EAST_1.arm_memory) if run.arm else (US_EAST_1.cpu, US_EAST_1.memory)
    for kind, amount, price in ((CPU, run.cores, cpu), (MEMORY, run.gigabytes, memory)):
        dimensions = {"SERVICE": SERVICE, "USAGE_TYPE": kind}
        yield Charge(dimensions, dict(run.tags), hours * amount, hours * amount * price.usd)


def _metrics(request: Json) -> list[str]:
    names = list(request["Metrics"])
    if unknown := [name for name in names if name not in COSTS | {QUANTITY}]:
        raise UnsupportedError(f"Metric {unknown[0]} is not metered here.")
    return names


def _periods(request: Json) -> Iterator[tuple[date, date]]:
    span, granularity = request["TimePeriod"], request["Granularity"]
    if granularity not in ("DAILY", "MONTHLY"):
        raise UnsupportedError(f"Granularity {granularity} is not metered here; use DAILY or MONTHLY.")
    start, end = date.fromisoformat(span["Start"]), date.fromisoformat(span["End"])
    if start >= end:
        raise UnsupportedError("Start date (and hour) should be before end date (and hour)")
    while start < end:
        step = start + timedelta(days=1)
        if granularity == "MONTHLY":
            step = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(step, end)
        start = step


def _matches(charge: Charge, wanted: Json | None, active: Collection[str]) -> bool:
    """Whether a charge passes a filter: dimensions, tags, And, Or, Not."""
    if not wanted:
        return True
    (kind, value), *more = wanted.items()
    if more or kind not in ("And", "Or", "Not", "Dimensions", "Tags"):
        raise UnsupportedError(f"Filter with {', '.join(wanted)} is not metered here.")
    if kind in ("And", "Or"):
        return (all if kind == "And" else any)(_matches(charge, each, active) for each in value)
    if kind == "Not":
        return not _matches(charge, value, active)
    return _value(charge, "DIMENSION" if kind == "Dimensions" else "TAG", value["Key"], active) in value["Values"]


def _value(charge: Charge, kind: str, key: str, active: Collection[str]) -> str:
    if kind == "TAG":
        return charge.tags.get(key, "") if key in active else ""
    if key not in charge.dimensions:
        raise UnsupportedError(f"{kind} {key} is not metered here; use {' or '.join(charge.dimensions)}.")
    return charge.dimensions[key]


def _grouped(
    charges: Iterable[Charge], groups: list[tuple[str, str]], active: Collection[str]
) -> dict[tuple[str, ...], Sum]:
    found: dict[tuple[str, ...], Sum] = {}
    for charge in charges:
        values = [(kind, key, _value(charge, kind, key, active)) for kind, key in groups]
        name = tuple(f"{key}${value}" if kind == "TAG" else value for kind, key, value in values)
        total = found.setdefault(name, Sum())
        total.hours += charge.hours
        total.usd += charge.usd
    return found


def _shown(found: Mapping[tuple[str, ...], Sum], names: list[str], grouped: bool) -> Json:
    """Show sums as the API does: by group, or as the total where nothing is grouped."""
    if not grouped:
        return {"Total": found.get((), Sum()).metrics(names), "Groups": []}
    groups = [{"Keys": list(keys), "Metrics": total.metrics(names)} for keys, total in sorted(found.items())]
    return {"Total": {}, "Groups": groups}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
