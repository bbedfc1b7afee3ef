"""The "Security & FinOps summary": one page of figures, each asked of the target or of a kept measurement."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.finops import limits, report, spend
from mlops_lab.finops.report import CostReport
from mlops_lab.security import posture, review
from mlops_lab.security.review import Review
from mlops_lab.settings import Settings

SECTIONS = ("Cost", "Budget and anomalies", "Task limits", "Least privilege", "Network and storage", "Scan")


@dataclass(frozen=True)
class Summary:
    """Where the summary is, and what it says."""

    path: Path
    text: str


def make(settings: Settings) -> Summary:
    """Write the summary from what the target says now and from the latest cost report and measurement.

    Raises:
        LabError: Nothing is applied, or limits have not been measured.
    """
    seen, cost = posture.look(settings), _cost(settings)
    parts = (
        _spent(cost),
        _watched(spend.budget(settings), spend.monitor(settings)),
        _limits(limits.read(settings)),
        _roles(review.make(settings)),
        _protection(seen),
        _scan(Paths(settings.root, settings.state_dir).finops / "scan.json"),
    )
    lines = ["# Security & FinOps summary", "", f"Made {datetime.now(UTC):%d %B %Y, %H:%M} UTC on {settings.target}."]
    for title, part in zip(SECTIONS, parts, strict=True):
        lines += ["", f"## {title}", "", *part]
    path = settings.state_dir / "reports" / "week6" / "security-finops.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return Summary(path, path.read_text())


def _cost(settings: Settings) -> CostReport:
    try:
        return report.read(settings)
    except LabError:
        return report.make(settings)


def _spent(cost: CostReport) -> Iterator[str]:
    spent, night = cost.spent, cost.night
    yield f"- Cost Explorer, {spent.start} to {spent.end} (exclusive): {spent.total:.4f} USD. {spent.note}"
    for tag, values in spent.by_tag.items():
        told = ", ".join(f"{value or 'without'} {usd:.4f}" for value, usd in values.items()) or "nothing"
        yield f"- By tag {tag}, USD: {told}"
    yield f"- Projected bill ({cost.layout}): {cost.bill.total:.2f} USD a month; {cost.prices}"
    yield f"- Other layouts, USD: {', '.join(f'{name} {bill.total:.2f}' for name, bill in cost.layouts.items())}"
    yield f"- Stopped from {night.night}: {night.monthly:.2f} USD a month less"
    for each in cost.thousand:
        yield (
            f"- {each.project}: 1,000 predictions cost {each.by_tasks:.6f} USD of tasks at "
            f"{each.busiest.rate:.1f} requests/s (measured)"
        )


def _watched(budget: spend.Budget, monitor: spend.Monitor) -> Iterator[str]:
    notices = ", ".join(f"{each.kind.lower()} above {each.percent:g} %" for each in budget.notifications)
    yield f"- {budget.name}: {budget.limit:g} USD a month; notices: {notices}"
    yield f"- Anomaly monitor {monitor.name} ({monitor.watches}): from {monitor.threshold_usd:g} USD"


def _limits(found: limits.Limits) -> Iterator[str]:
    yield f"Measured {found.measured:%d %B %Y, %H:%M} UTC."
    yield ""
    yield "| task | MiB, limit | MiB, peak | free | vCPU, limit | vCPU, peak | under |"
    yield "|---|---|---|---|---|---|---|"
    for each in found.tasks:
        yield (
            f"| {each.task} | {each.memory} | {each.memory_peak:.0f} | {each.headroom:.0%} | {each.cpu:g} | "
            f"{each.cpu_peak:.2f} | {each.load} |"
        )


def _roles(found: Review) -> Iterator[str]:
    yield (
        f"{found.used} of {len(found.grants)} grants were used, {len(found.refused)} calls were refused, "
        f"{len(found.findings)} findings."
    )
    yield ""
    yield "| role | grants | used | with a wildcard |"
    yield "|---|---|---|---|"
    for role, grants in found.by_role():
        wild = ", ".join(each.action for each in grants if each.wildcard) or "none"
        yield f"| {role} | {len(grants)} | {sum(each.calls > 0 for each in grants)} | {wild} |"
    for each in found.findings:
        yield f"- {each}"


def _protection(seen: posture.Posture) -> Iterator[str]:
    yield f"- Tasks are reached from {', '.join(seen.callers)} and from nothing else"
    for bucket, closed in seen.buckets.items():
        yield f"- {bucket}: {'TLS only' if closed else 'ANSWERS WITHOUT TLS'}"


def _scan(path: Path) -> Iterator[str]:
    """Sum up checkov's own summary; nothing is said of what was not scanned."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        yield "Not scanned on this machine; `make scan` does."
        return
    for each in found if isinstance(found, list) else [found]:
        counts = each["summary"]
        yield (
            f"- {each['check_type']}: {counts['passed']} checks passed, {counts['failed']} failed, "
            f"{counts['skipped']} suppressed with a reason (checkov {counts['checkov_version']})"
        )
