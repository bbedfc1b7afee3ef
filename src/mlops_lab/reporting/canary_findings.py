"""Sentences and tables of the week-6 notebook, from canaries' records, a review of roles and the bill. Pure."""

from collections.abc import Sequence

import pandas as pd

from mlops_lab.delivery.canary.state import Canary
from mlops_lab.finops.limits import Limits
from mlops_lab.finops.report import CostReport
from mlops_lab.pipeline.canary import half_bound
from mlops_lab.security.review import Review

HALF = 50  # per cent


def latest_of_each(canaries: Sequence[Canary]) -> list[Canary]:
    """Return the latest good canary and the latest of each fault, the good one first."""
    latest = {each.fault: each for each in canaries if each.fault or each.rehearsal or each.phase == "promoted"}
    return sorted(latest.values(), key=lambda each: (bool(each.fault), each.fault))


def ends(canaries: Sequence[Canary]) -> pd.DataFrame:
    """Return a row for each canary: how it ended, how long stable shared, what clients lost and could have lost."""
    return pd.DataFrame(
        {
            "canary": each.fault or "good",
            "ended": each.phase,
            "seconds to rollback": "" if each.seconds_to_rollback is None else f"{each.seconds_to_rollback:.0f}",
            "requests": f"{clients.offered:,}" if clients else "",
            "failed": f"{clients.failed:,}" if clients else "",
            "bound": f"{clients.bound:,}" if clients else "",
            "why": each.reason,
        }
        for each in canaries
        for clients in [each.failures.clients if each.failures else None]
    )


def share(canary: Canary) -> str:
    """Say which share a canary at 50 % had, by the answers that clients got and by the target groups, as Markdown."""
    clients = canary.failures.clients if canary.failures else None
    answered = clients.answers.get(HALF, {}) if clients else {}
    pairs = {"the versions that clients were answered by": (answered.get(canary.version, 0), sum(answered.values()))}
    settled = next((each.settled for each in reversed(canary.looks) if each.weight == HALF), (0, 0))
    pairs["the target groups"] = (settled[1], sum(settled))
    said = [
        f"- by {source}: {own:,} of {total:,}, {own / total:.2%}; a fair coin stays within "
        f"{HALF} % ± {half_bound(total) / total:.2%}"
        for source, (own, total) in pairs.items()
        if total
    ]
    return "\n".join(said) or "No canary at 50 % has a measured share."


def roles(review: Review) -> pd.DataFrame:
    """Return a row for each role: grants, those that were used, calls, and wildcards."""
    return pd.DataFrame(
        {
            "role": role,
            "grants": len(grants),
            "used": sum(each.calls > 0 for each in grants),
            "calls": f"{sum(each.calls for each in grants):,}",
            "with a wildcard": ", ".join(each.action for each in grants if each.wildcard) or "none",
        }
        for role, grants in review.by_role()
    )


def unused(review: Review) -> str:
    """Say why grants stay that nothing used, a line for each reason, as Markdown."""
    reasons: dict[str, list[str]] = {}
    for each in review.grants:
        if not each.calls:
            reasons.setdefault(each.reason or "no reason is given", []).append(each.action)
    lines = [f"- **{', '.join(sorted(set(actions)))}** ({len(actions)}): {why}" for why, actions in reasons.items()]
    said = f"{review.used} of {len(review.grants)} grants were used, {len(review.refused)} calls were refused."
    return "\n".join([said, "", *lines])


def sizes(found: Limits) -> pd.DataFrame:
    """Return a row for each kind of task: its limits beside the most that was measured."""
    return pd.DataFrame(
        {
            "task": each.task,
            "under": each.load,
            "MiB, peak": f"{each.memory_peak:.0f}",
            "MiB, limit": each.memory,
            "free": f"{each.headroom:.0%}",
            "vCPU, peak": f"{each.cpu_peak:.2f}",
            "vCPU, limit": f"{each.cpu:g}",
        }
        for each in found.tasks
    )


def spent(report: CostReport) -> pd.DataFrame:
    """Return what Cost Explorer says, by service and by each tag, in USD."""
    rows = [("service", name, f"{usd:.4f}") for name, usd in report.spent.by_service.items()]
    rows += [
        (f"tag {tag}", value or "without", f"{usd:.4f}")
        for tag, values in report.spent.by_tag.items()
        for value, usd in values.items()
    ]
    return pd.DataFrame([*rows, ("total", "", f"{report.spent.total:.4f}")], columns=["by", "value", "USD"])


def problems(canaries: Sequence[Canary], review: Review, report: CostReport, limit: float) -> list[str]:
    """Return what speaks against releasing through canaries as they are."""
    bad = [each for each in canaries if each.fault]
    found = [] if bad else ["no bad canary was run"]
    found += [f"{each.fault} was {each.phase}" for each in bad if each.phase != "rolled back"]
    found += [each.reason for each in bad if each.reason == each.unnoticed]
    over = [each.failures.clients for each in bad if each.failures and each.failures.clients]
    found += [f"{each.failed} requests failed, bound {each.bound}" for each in over if each.failed > each.bound]
    found += review.findings
    if report.bill.total >= limit:
        found.append(f"the projected bill is {report.bill.total:.2f} USD a month, limit {limit:g}")
    return found


def decision(canaries: Sequence[Canary], review: Review, report: CostReport, limit: float) -> str:
    """Say what the figures decide, as Markdown."""
    bad = [each for each in canaries if each.fault]
    slowest = max(bad, key=lambda each: each.seconds_to_rollback or 0.0)
    lost = sum(each.failures.clients.failed for each in bad if each.failures and each.failures.clients)
    return (
        f"**Releases go through a canary.** {len(bad)} bad ones were taken away by themselves, the slowest "
        f"({slowest.fault}) after {slowest.seconds_to_rollback:.0f} s; {lost:,} requests failed in all. Roles keep "
        f"{len(review.grants)} grants, {review.used} of them used. The layout {report.layout} costs "
        f"{report.bill.total:.2f} of {limit:g} USD a month."
    )
