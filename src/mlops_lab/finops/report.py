"""`make cost`: everything that is known of the lab's cost, asked anew and kept for the notebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mlops_lab import projects
from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.finops import spend, throughput
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.pipeline.bill import Bill
from mlops_lab.pipeline.cost import monthly_bill
from mlops_lab.pipeline.prices import US_EAST_1
from mlops_lab.pipeline.projection import Saving, Sizing, by_size, sizing, stopped_at_night
from mlops_lab.pipeline.resources import Resources
from mlops_lab.pipeline.resources import read as resources_of
from mlops_lab.progress import Say, silent
from mlops_lab.reporting.layouts import states
from mlops_lab.reporting.site.records import Kept, document
from mlops_lab.settings import Settings


@dataclass(frozen=True)
class CostReport:
    """What was spent, what will be, and what would be; USD, bills a month."""

    made: datetime
    target: str
    spent: spend.Spend
    budget: spend.Budget
    monitor: spend.Monitor
    allocation_tags: tuple[str, ...]
    prices: str  # where and when the list prices are from
    layout: str  # the applied one
    layouts: Mapping[str, Bill]
    sizes: Mapping[str, Bill]  # of a serving task, in the applied layout
    sizing: tuple[Sizing, ...]  # by what benchmarks/sizing.py measured; empty: it was not
    night: Saving
    thousand: tuple[throughput.Thousand, ...]  # of the projects that were asked lately

    @property
    def bill(self) -> Bill:
        """Projected bill of what is applied."""
        return self.layouts[self.layout]


def make(settings: Settings, say: Say = silent) -> CostReport:
    """Ask for all of it, and keep the report.

    Raises:
        LabError: Nothing is applied, or the target does not answer.
    """
    found = compose(settings, states(Terraform(settings, say)))
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return found


def compose(settings: Settings, layouts: Mapping[str, Mapping[str, Any]]) -> CostReport:
    """Join what Terraform plans for each network layout, the applied one's state among them, with what AWS says.

    Raises:
        LabError: The target does not answer.
    """
    applied = next(name for name, state in layouts.items() if "values" in state)
    bills = {name: monthly_bill(resources_of(state)) for name, state in layouts.items()}
    total = bills[applied].total
    measured = (throughput.measure(settings, project, total) for project in projects.names())
    return CostReport(
        made=datetime.now(UTC),
        target=settings.target,
        spent=spend.spend(settings),
        budget=spend.budget(settings),
        monitor=spend.monitor(settings),
        allocation_tags=spend.allocation_tags(settings),
        prices=f"AWS list prices of {US_EAST_1.region}, read in {US_EAST_1.recorded}",
        layout=applied,
        layouts=bills,
        sizes=by_size(resources_of(layouts[applied])),
        sizing=_sizing(settings, resources_of(layouts[applied])),
        night=stopped_at_night(bills[applied]),
        thousand=tuple(each for each in measured if each is not None),
    )


def _sizing(settings: Settings, resources: Resources) -> tuple[Sizing, ...]:
    measured = document(Kept(settings.root / "reports").sizing).get("rows", [])
    services = resources.of("aws_ecs_service")
    address = any(each.block("network_configuration").get("assign_public_ip") for each in services)
    return tuple(size for each in measured for size in sizing(each["cpu_seconds"], each["rows"], address))


def read(settings: Settings) -> CostReport:
    """Return the latest report of the target.

    Raises:
        LabError: There is none, or it cannot be read.
    """
    path = _path(settings)
    try:
        return msgspec.json.decode(path.read_bytes(), type=CostReport)
    except (OSError, msgspec.DecodeError) as error:
        raise LabError(f"No cost report at {path} ({error}); run `make cost`.") from error


def _path(settings: Settings) -> Path:
    return Paths(settings.root, settings.state_dir).finops / f"cost-{settings.target}.json"
