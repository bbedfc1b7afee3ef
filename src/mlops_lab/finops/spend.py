"""What AWS says of money: what was spent, the budget, the anomaly monitor, the tags that costs are told apart by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

METRIC = "UnblendedCost"
TAGS = ("Project", "Service")
NAME = catalog.NAME


@dataclass(frozen=True)
class Spend:
    """USD of a span of days, as Cost Explorer answers: the sum, and the same by service and by the values of tags."""

    start: str
    end: str  # exclusive
    total: float
    by_service: Mapping[str, float]
    by_tag: Mapping[str, Mapping[str, float]]  # tag -> its value ("" without one) -> USD
    note: str


@dataclass(frozen=True)
class Notification:
    """When a budget sends a notice, and to whom."""

    kind: str  # ACTUAL or FORECASTED
    percent: float
    subscribers: tuple[str, ...]


@dataclass(frozen=True)
class Budget:
    """A monthly budget in USD; what it counts, as AWS shows it."""

    name: str
    limit: float
    counts: Mapping[str, tuple[str, ...]]
    notifications: tuple[Notification, ...]


@dataclass(frozen=True)
class Monitor:
    """The anomaly monitor: what it watches, from how many USD it tells, and whom."""

    name: str
    watches: str
    threshold_usd: float
    subscribers: tuple[str, ...]


def spend(settings: Settings, days: int = 30) -> Spend:
    """Ask Cost Explorer what the last days, today included, have cost.

    Raises:
        LabError: It does not answer, or is not enabled in the account.
    """
    today = datetime.now(UTC).date()
    span = {"Start": (today - timedelta(days=days - 1)).isoformat(), "End": (today + timedelta(days=1)).isoformat()}
    with explained(settings):
        explorer = client(settings, "ce")
        services = _grouped(explorer, span, "DIMENSION", "SERVICE")
        tags = {tag: _without_key(_grouped(explorer, span, "TAG", tag)) for tag in TAGS}
    return Spend(span["Start"], span["End"], sum(services.values()), services, tags, settings.billing_note)


def budget(settings: Settings) -> Budget:
    """Read the lab's budget and its notifications.

    Raises:
        LabError: There is none, or AWS does not answer.
    """
    with explained(settings):
        budgets, who = client(settings, "budgets"), {"AccountId": account(settings)}
        found = budgets.describe_budget(**who, BudgetName=catalog.BUDGET)["Budget"]
        named = {**who, "BudgetName": catalog.BUDGET}
        told = budgets.describe_notifications_for_budget(**named)["Notifications"]
        notifications = tuple(_notification(budgets, named, each) for each in told)
    counts = {key: tuple(values) for key, values in (found.get("CostFilters") or {}).items()}
    return Budget(found["BudgetName"], float(found["BudgetLimit"]["Amount"]), counts, notifications)


def monitor(settings: Settings) -> Monitor:
    """Read the lab's anomaly monitor and its subscription.

    Raises:
        LabError: There is none, or AWS does not answer.
    """
    with explained(settings):
        explorer = client(settings, "ce")
        found = [each for each in explorer.get_anomaly_monitors()["AnomalyMonitors"] if each["MonitorName"] == NAME]
        if not found:
            raise LabError(f"There is no anomaly monitor {NAME}; set anomaly_usd and run `make apply`.")
        arn = found[0]["MonitorArn"]
        (subscription,) = explorer.get_anomaly_subscriptions(MonitorArn=arn)["AnomalySubscriptions"]
    tags = found[0]["MonitorSpecification"]["Tags"]
    threshold = subscription["ThresholdExpression"]["Dimensions"]["Values"][0]
    addresses = tuple(each["Address"] for each in subscription["Subscribers"])
    return Monitor(NAME, f"{tags['Key']}={','.join(tags['Values'])}", float(threshold), addresses)


def allocation_tags(settings: Settings) -> tuple[str, ...]:
    """Name the tags that are active for cost allocation.

    Raises:
        LabError: AWS does not answer: only an organisation's payer account may ask.
    """
    with explained(settings):
        answer = client(settings, "ce").list_cost_allocation_tags(Status="Active")
    return tuple(sorted(each["TagKey"] for each in answer["CostAllocationTags"]))


def _grouped(explorer: Any, span: Mapping[str, str], kind: str, key: str) -> dict[str, float]:
    asked = {"TimePeriod": span, "Granularity": "DAILY", "Metrics": [METRIC], "GroupBy": [{"Type": kind, "Key": key}]}
    found: dict[str, float] = {}
    more: dict[str, str] = {}
    while True:
        answer = explorer.get_cost_and_usage(**asked, **more)
        for group in (each for day in answer["ResultsByTime"] for each in day["Groups"]):
            name = group["Keys"][0]
            found[name] = found.get(name, 0.0) + float(group["Metrics"][METRIC]["Amount"])
        if "NextPageToken" not in answer:
            return found
        more = {"NextPageToken": answer["NextPageToken"]}


def _without_key(found: Mapping[str, float]) -> dict[str, float]:
    """`Project$mlops-lab` is how Cost Explorer names a tag's value."""
    return {name.partition("$")[2]: usd for name, usd in found.items()}


def _notification(budgets: Any, named: Mapping[str, str], told: Mapping[str, Any]) -> Notification:
    key = {name: told[name] for name in ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")}
    subscribers = budgets.describe_subscribers_for_notification(**named, Notification=key)["Subscribers"]
    addresses = tuple(each["Address"] for each in subscribers)
    return Notification(told["NotificationType"], float(told["Threshold"]), addresses)
