"""The cost report on the terminal."""

from collections.abc import Iterable, Iterator

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab.finops.limits import Limits
from mlops_lab.finops.report import CostReport
from mlops_lab.pipeline.projection import BUSY
from mlops_lab.reporting.tables import bill_table, comparison


def show(report: CostReport, console: Console) -> None:
    """Print what was spent, the budget, the projected bills, and what follows from them."""
    for table in tables(report):
        console.print(table)
    for line in sentences(report):
        console.print(line, markup=False, highlight=False)


def tables(report: CostReport) -> Iterator[Table]:
    """Yield the tables in order."""
    spent = report.spent
    rows = [("service", name, f"{usd:.4f}") for name, usd in spent.by_service.items()]
    rows += [
        (f"tag {tag}", value or "(without)", f"{usd:.4f}")
        for tag, values in spent.by_tag.items()
        for value, usd in values.items()
    ]
    title = f"Spent {spent.start} to {spent.end} (exclusive): {spent.total:.4f} USD by Cost Explorer"
    yield _table(title, ("by", "value", "USD"), rows)
    told = [(each.kind, f"{each.percent:g} %", ", ".join(each.subscribers)) for each in report.budget.notifications]
    yield _table(f"Budget {report.budget.name}: {report.budget.limit:g} USD a month", ("when", "above", "tells"), told)
    yield _frame(f"Projected bill, layout {report.layout}; {report.prices}", bill_table(report.bill).iloc[:, [0, 1, 4]])
    yield _frame("By network layout", comparison(report.layouts))
    sizes = [(name, f"{bill.group('tasks'):.2f}", f"{bill.total:.2f}") for name, bill in report.sizes.items()]
    yield _table("By size of a serving task", ("size", "tasks, USD a month", "total"), sizes)
    sizing = [
        (each.size, str(each.rows), f"{each.requests_per_second:,.0f}", f"{each.per_million:.4f}")
        for each in report.sizing
    ]
    if not sizing:
        return
    title = f"What a task answers at {BUSY:.0%} of its CPU, by what benchmarks/sizing.py measured of a core"
    yield _table(title, ("size", "rows a request", "requests a second", "USD for a million rows"), sizing)


def sentences(report: CostReport) -> Iterator[str]:
    """Yield what the tables do not say, a sentence each."""
    night, monitor = report.night, report.monitor
    yield report.spent.note
    yield f"Cost allocation tags: {', '.join(report.allocation_tags) or 'none is active'}."
    yield (
        f"Anomaly monitor {monitor.name} watches {monitor.watches} and tells {', '.join(monitor.subscribers)} "
        f"from {monitor.threshold_usd:g} USD."
    )
    yield (
        f"Stopping every task from {night.night} saves {night.stopped:.2f} x {night.night.share:.0%} = "
        f"{night.monthly:.2f} of {night.total:.2f} USD a month; the balancer and what is stored are billed on."
    )
    for each in report.thousand:
        busy = each.busiest
        tasks = f"{busy.tasks:g} task{'' if busy.tasks == 1 else 's'}"
        yield (
            f"{each.project}: 1,000 predictions cost {each.by_tasks:.6f} USD of tasks, {each.by_bill:.6f} USD of the "
            f"whole bill, at {busy.rate:.1f} requests/s on {tasks} with {busy.cpu_percent:.0f} % CPU, "
            f"the busiest period at {busy.moment:%H:%M} UTC."
        )
    if not report.sizing:
        yield "What a task of each size answers is not measured: `python benchmarks/sizing.py` does it."
    if not report.thousand:
        yield "1,000 predictions: nothing was asked in the last three hours; `make load` measures a rate."


def limits_table(found: Limits) -> Table:
    """Return what was measured beside the limits."""
    rows = [
        (
            each.task,
            each.load,
            f"{each.memory_peak:.0f}",
            f"{each.memory}",
            f"{each.headroom:.0%}",
            f"{each.cpu_peak:.2f}",
            f"{each.cpu:g}",
        )
        for each in found.tasks
    ]
    columns = ("task", "under", "MiB, peak", "limit", "free", "vCPU, peak", "limit")
    return _table(f"Measured {found.measured:%d %B %Y, %H:%M} UTC", columns, rows)


def _frame(title: str, frame: pd.DataFrame) -> Table:
    return _table(title, [str(each) for each in frame.columns], frame.to_numpy().tolist())


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(str, row))
    return table
