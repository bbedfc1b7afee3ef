"""What other choices would cost: sizes of tasks, hours of the night, a thousand predictions."""

from dataclasses import dataclass, replace

from mlops_lab.pipeline.bill import Bill, Line
from mlops_lab.pipeline.cost import ALL_MONTH, Usage, monthly_bill
from mlops_lab.pipeline.prices import US_EAST_1, PriceList
from mlops_lab.pipeline.resources import Resource, Resources

SIZES = ((256, 512), (256, 1024), (512, 1024), (1024, 2048))  # Fargate's pairs: CPU units, MiB
BUSY = 0.6  # share of its CPU that autoscaling keeps a task at: cpu_percent of Terraform's variable `scaling`
ADDRESSES = "Public IPv4, tasks"


@dataclass(frozen=True)
class Night:
    """Hours in which the tasks are stopped, every day, in UTC."""

    start: int = 20
    end: int = 8

    @property
    def share(self) -> float:
        """Share of the month in which nothing runs."""
        return ((self.end - self.start) % 24) / 24

    def __str__(self) -> str:
        """Say when."""
        return f"{self.start:02}:00 to {self.end:02}:00 UTC, every day"


@dataclass(frozen=True)
class Saving:
    """What a night saves, in USD a month: of these lines, a share."""

    night: Night
    stopped: float
    total: float

    @property
    def monthly(self) -> float:
        """USD a month."""
        return self.stopped * self.night.share


def resized(resources: Resources, cpu: int, memory: int) -> Resources:
    """Return what is there with other sizes of the serving tasks (CPU units, MiB); jobs and MLflow stay as they are."""
    families = {str(each.values["name"]) for each in resources.of("aws_ecs_service") if each.tag("Track")}

    def sized(each: Resource) -> Resource:
        if each.type != "aws_ecs_task_definition" or each.values["family"] not in families:
            return each
        return replace(each, values={**each.values, "cpu": str(cpu), "memory": str(memory)})

    return Resources(tuple(map(sized, resources.all)))


def by_size(resources: Resources, usage: Usage | None = None) -> dict[str, Bill]:
    """Bill each size of a serving task."""
    return {
        f"{cpu / 1024:g} vCPU, {memory} MiB": monthly_bill(resized(resources, cpu, memory), usage)
        for cpu, memory in SIZES
    }


def stopped_at_night(bill: Bill, night: Night | None = None) -> Saving:
    """Say what is saved by stopping every task at night: its vCPU, memory and address; the rest is billed on."""
    stopped = sum(line.monthly for line in bill.lines if _runs_all_month(line))
    return Saving(night or Night(), stopped, bill.total)


def task_hour(cpu: int, memory: int, address: bool, prices: PriceList = US_EAST_1) -> float:
    """USD for an hour of one x86 task of a size (CPU units, MiB), with its public address or without."""
    size = cpu / 1024 * prices.cpu.usd + memory / 1024 * prices.memory.usd
    return size + prices.public_address.usd * address


def per_thousand(hourly: float, rate: float) -> float:
    """USD for 1,000 predictions where so many a second come out of what costs so much an hour.

    Raises:
        ValueError: The rate is not above 0.
    """
    if rate <= 0:
        raise ValueError(f"a rate of {rate} predictions a second has no price")
    return hourly / 3600 / rate * 1000


@dataclass(frozen=True)
class Sizing:
    """What a task of a size answers, and what it costs then."""

    size: str
    rows: int  # of each request
    requests_per_second: float
    per_million: float  # USD for a million predicted rows, by the task alone


def sizing(cpu_seconds: float, rows: int, address: bool, prices: PriceList = US_EAST_1) -> list[Sizing]:
    """Size tasks by what a request takes of a core, where autoscaling keeps them at BUSY of their CPU.

    Args:
        cpu_seconds: Processor time of a request on one core, in seconds; a vCPU is taken for such a core.
        rows: Of each request.
        address: Whether each task has a public address.
        prices: By which an hour is priced.

    Raises:
        ValueError: A request takes no time.
    """
    if cpu_seconds <= 0:
        raise ValueError(f"a request that takes {cpu_seconds} s of a core has no size")
    found = []
    for cpu, memory in SIZES:
        rate = BUSY * cpu / 1024 / cpu_seconds
        price = 1000 * per_thousand(task_hour(cpu, memory, address, prices), rate * rows)
        found.append(Sizing(f"{cpu / 1024:g} vCPU, {memory} MiB", rows, rate, price))
    return found


def _runs_all_month(line: Line) -> bool:
    """Whether a line is of a task that a service keeps running, or of its address."""
    if line.what == ADDRESSES:
        return True
    return line.group == "tasks" and line.assumption == ALL_MONTH
