"""What week 6 must see of cost, limits and their summary."""

from mlops_lab import catalog
from mlops_lab.finops import limits, over_limit, security_summary, spend
from mlops_lab.finops import report as cost
from mlops_lab.outcomes.outcome import require
from mlops_lab.settings import Settings

KINDS = {"ACTUAL", "FORECASTED"}
TOLERANCE = 1e-3  # USD: time goes on between two questions


def cost_is_known_and_watched(settings: Settings) -> str:
    """6.4: spend by service and tag, a budget with both kinds of notice, the monitor, and a bill from the plan."""
    found = cost.make(settings)
    spent, budget = found.spent, found.budget
    require({each.kind for each in budget.notifications} >= KINDS, f"{budget.name} has {budget.notifications}")
    silent = [each.kind for each in budget.notifications if not each.subscribers]
    require(not silent, f"nobody is told of {', '.join(silent)} by {budget.name}")
    require(found.monitor.subscribers, f"the anomaly monitor {found.monitor.name} tells nobody")
    by_tag = {tag: sum(values.values()) for tag, values in spent.by_tag.items()}
    require(
        all(abs(usd - spent.total) < TOLERANCE for usd in by_tag.values()),
        f"Cost Explorer's sums differ: {spent.total} by service, by tag {by_tag}",
    )
    require(found.bill.total > 0, "the projected bill is empty")
    require(not found.bill.unknown, f"no price is known of {', '.join(found.bill.unknown)}")
    layouts = ", ".join(f"{name} {bill.total:.2f}" for name, bill in found.layouts.items())
    notices = ", ".join(f"{each.kind} above {each.percent:g} %" for each in budget.notifications)
    return (
        f"Cost Explorer, {spent.start} to {spent.end}: {spent.total:.4f} USD ({spent.note}); budget {budget.limit:g} "
        f"USD with {notices}; monitor of {found.monitor.watches} from {found.monitor.threshold_usd:g} USD; "
        f"projected USD a month: {layouts} (applied: {found.layout}; {found.prices})"
    )


def limits_are_measured_and_enforced(settings: Settings) -> str:
    """6.5: every live task's limit leaves headroom over what was measured, and one beyond its limit is replaced."""
    found = limits.read(settings)
    tasks = {each.task for each in found.tasks}
    wanted = {catalog.MLFLOW_SERVICE} | {catalog.service(name) for name in limits.live(settings)}
    require(wanted <= tasks, f"not measured: {', '.join(sorted(wanted - tasks))}; run `make limits`")
    for each in found.tasks:
        cpu, memory = limits.sizes(settings, each.task)
        require((cpu, memory) == (each.cpu, each.memory), f"{each.task} was measured with another size than it has")
        free = 1 - each.memory_peak / memory
        require(free >= limits.HEADROOM, f"{each.task} used {each.memory_peak:.0f} of {memory} MiB")
    told = "; ".join(f"{each.task} {each.memory_peak:.0f} of {each.memory} MiB" for each in found.tasks)
    killed = over_limit.demonstrate(settings)
    return (
        f"measured {found.measured:%Y-%m-%d %H:%M} UTC: {told}; task {killed.task[:12]} beyond "
        f"{over_limit.MEMORY} MiB ended with {killed.exit_code} ({killed.reason}), replaced by "
        f"{killed.replacement[:12]} after {killed.seconds:.0f} s"
    )


def summary_is_true(settings: Settings) -> str:
    """6.7: the generated summary has the figures that the target's APIs give now."""
    written = security_summary.make(settings)
    budget, monitor = spend.budget(settings), spend.monitor(settings)
    for figure in (
        f"{budget.limit:g} USD",
        f"{monitor.threshold_usd:g} USD",
        *(f"{each.kind.lower()} above {each.percent:g} %" for each in budget.notifications),
        *(f"| {each.task} | {each.memory} |" for each in limits.read(settings).tasks),
    ):
        require(figure in written.text, f"{written.path} does not say {figure!r}")
    missing = [title for title in security_summary.SECTIONS if f"## {title}\n" not in written.text]
    require(not missing, f"{written.path} has no section {', '.join(missing)}")
    place = written.path.relative_to(settings.state_dir)
    return f"{place}: {', '.join(security_summary.SECTIONS)}, with the figures that the APIs give"
