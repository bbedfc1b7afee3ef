"""A drift report: as a table for people, as figures and documents for MLflow, as metrics for CloudWatch."""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab.drift.charts import drawn
from mlops_lab.pipeline.comparison import Comparison
from mlops_lab.pipeline.drift import LEVELS, Drift
from mlops_lab.registry.tracking import Report

VERDICT = "verdict"  # tag of a run
COLOURS = {"none": "green", "data drift": "yellow", "damage": "red", "not enough data": "yellow"}
SHORT = {"Kolmogorov-Smirnov": "KS", "chi-square": "V"}


@dataclass(frozen=True)
class Looked:
    """What was looked at, and what was found."""

    project: str
    window: str
    clock: str  # the column that the window is meant by
    bundle_sha256: str
    others: int  # rows of the window that other versions have scored
    drift: Drift


def show(looked: Looked, console: Console) -> None:
    """Print a line for each feature and the score, then the verdict and what it rests on."""
    drift = looked.drift
    table = Table("", "PSI", "JS", "effect", "p adjusted", "missing", "unseen", "", box=SIMPLE_HEAD)
    for each in drift.compared:
        table.add_row(*_cells(each))
    if drift.compared:
        console.print(table)
    days = "1 day" if drift.days == 1 else f"{drift.days} days"
    rows = f"{drift.rows:,} rows of version {drift.version}, logged on {days}"
    others = f", {looked.others:,} of other versions left out" if looked.others else ""
    console.print(f"{looked.project}, {looked.window} by {looked.clock}: {rows}{others}", highlight=False)
    for reason in drift.reasons:
        console.print(f"  {reason}", markup=False, highlight=False)
    console.print(f"verdict: [bold {COLOURS[drift.verdict]}]{drift.verdict}[/]", highlight=False)


def recorded(looked: Looked) -> Report:
    """Return what MLflow keeps of a report."""
    drift = looked.drift
    params = {"model_version": drift.version, "window": looked.window, "clock": looked.clock}
    document = {"verdict": drift.verdict, "reasons": drift.reasons, **asdict(looked)}
    return Report(
        params=params | {"bundle_sha256": looked.bundle_sha256},
        metrics={name: value for name, value in figures(drift).items() if isfinite(value)},
        tags={VERDICT: drift.verdict, "project": looked.project},
        documents={"drift.json": _finite(document)},
        figures=drawn(drift),
    )


def figures(drift: Drift) -> dict[str, float]:
    """Every figure of a report by its name in MLflow, such as psi_passenger_count."""
    found: dict[str, float] = {"rows": drift.rows, "days": drift.days, "drifted": len(drift.drifted)}
    if drift.verdict in LEVELS:
        found["drift_level"] = LEVELS[drift.verdict]
    if drift.performance is not None:
        low, high = drift.performance.interval
        metric = drift.performance.metric
        found |= {f"live_{metric}": drift.performance.mean, f"reference_{metric}": drift.performance.reference}
        found |= {"labels": drift.performance.rows, "difference_low": low, "difference_high": high}
    for each in drift.compared:
        found |= {f"{figure}_{each.name}": value for figure, value in _figures(each).items()}
    return found


def gauges(drift: Drift) -> dict[str, float]:
    """What CloudWatch gets; a window with too few rows says nothing of drift, which is not that there is none."""
    level = {"DriftLevel": float(LEVELS[drift.verdict])} if drift.verdict in LEVELS else {}
    return {"DriftRows": float(drift.rows), **level}


def _figures(compared: Comparison) -> dict[str, float]:
    found = {"missing": compared.missing, "unseen": compared.unseen}
    if shape := compared.shape:
        name = {"Kolmogorov-Smirnov": "ks", "chi-square": "cramers_v"}[shape.statistic.name]
        found |= {"psi": shape.stability_index, "js": shape.jensen_shannon, name: shape.statistic.effect}
        found |= {"p": shape.statistic.p_value, "p_adjusted": compared.evidence[0].adjusted}
    return found


def _cells(compared: Comparison) -> list[str]:
    what = f"[bold red]{compared.name}[/]" if compared.drifted else compared.name
    note = compared.left_out or ", ".join(each.what for each in compared.evidence if each.found)
    rates = [f"{compared.missing:.1%}", f"{compared.unseen:.1%}" if compared.kind == "category" else ""]
    if compared.shape is None:
        return [what, "", "", "", "", *rates, note]
    shape, adjusted = compared.shape, compared.evidence[0].adjusted
    effect = f"{SHORT[shape.statistic.name]} {shape.statistic.effect:.3f}"
    chance = "" if compared.left_out else f"{adjusted:.2g}"
    return [what, f"{shape.stability_index:.3f}", f"{shape.jensen_shannon:.3f}", effect, chance, *rates, note]


def _finite(value: Any) -> Any:
    """JSON values with None for what is not a number."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
