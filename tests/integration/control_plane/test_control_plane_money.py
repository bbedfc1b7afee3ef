"""Budgets and Cost Explorer's anomaly monitors as Terraform makes, changes and removes them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.integration.control_plane.conftest import Plane

ACCOUNT = "123456789012"
NOTICE = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
MAIL = {"SubscriptionType": "EMAIL", "Address": "me@example.invalid"}
OTHER = {"SubscriptionType": "EMAIL", "Address": "you@example.invalid"}


def budget(limit: str) -> dict[str, Any]:
    amount = {"Amount": limit, "Unit": "USD"}
    return {"BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": amount}


@pytest.fixture
def budgets(shared_plane: Plane) -> Any:
    """The API of budgets, with one that has a notice and a subscriber."""
    found = shared_plane.client("budgets")
    found.create_budget(
        AccountId=ACCOUNT,
        Budget=budget("100"),
        NotificationsWithSubscribers=[{"Notification": NOTICE, "Subscribers": [MAIL]}],
    )
    yield found
    found.delete_budget(AccountId=ACCOUNT, BudgetName="monthly")


def place(**more: Any) -> dict[str, Any]:
    return {"AccountId": ACCOUNT, "BudgetName": "monthly", **more}


def test_a_changed_limit_keeps_the_budget_s_notices(budgets: Any):
    budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget("150"))

    found = budgets.describe_budget(**place())["Budget"]
    notices = budgets.describe_notifications_for_budget(**place())["Notifications"]
    assert float(found["BudgetLimit"]["Amount"]) == 150
    assert [each["Threshold"] for each in notices] == [80.0]


def test_a_notice_moves_with_its_subscribers_and_is_no_second_one(budgets: Any):
    higher = NOTICE | {"Threshold": 90.0}
    with pytest.raises(ClientError, match="DuplicateRecordException"):
        budgets.create_notification(**place(Notification=NOTICE, Subscribers=[MAIL]))

    budgets.update_notification(**place(OldNotification=NOTICE, NewNotification=higher))

    assert budgets.describe_subscribers_for_notification(**place(Notification=higher))["Subscribers"] == [MAIL]
    with pytest.raises(ClientError, match="NotFoundException"):
        budgets.describe_subscribers_for_notification(**place(Notification=NOTICE))


def test_subscribers_are_added_changed_and_removed(budgets: Any):
    budgets.create_subscriber(**place(Notification=NOTICE, Subscriber=OTHER))
    budgets.delete_subscriber(**place(Notification=NOTICE, Subscriber=MAIL))
    budgets.update_subscriber(**place(Notification=NOTICE, OldSubscriber=OTHER, NewSubscriber=MAIL))

    assert budgets.describe_subscribers_for_notification(**place(Notification=NOTICE))["Subscribers"] == [MAIL]
    with pytest.raises(ClientError, match="DuplicateRecordException"):
        budgets.create_subscriber(**place(Notification=NOTICE, Subscriber=MAIL))


def test_a_monitor_and_its_subscription_come_change_and_go(shared_plane: Plane):
    ce = shared_plane.client("ce")
    monitor = ce.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "lab", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    )["MonitorArn"]
    wanted = {"MonitorArnList": [monitor], "Subscribers": [{"Type": "EMAIL", "Address": "me@example.invalid"}]}
    subscription = ce.create_anomaly_subscription(
        AnomalySubscription={**wanted, "SubscriptionName": "lab", "Frequency": "DAILY", "Threshold": 10.0}
    )["SubscriptionArn"]

    ce.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")
    ce.update_anomaly_subscription(SubscriptionArn=subscription, Frequency="WEEKLY")

    named = [each["MonitorName"] for each in ce.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]]
    found = ce.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"]
    assert named == ["renamed"]
    assert [each["Frequency"] for each in found] == ["WEEKLY"]
    ce.delete_anomaly_subscription(SubscriptionArn=subscription)
    ce.delete_anomaly_monitor(MonitorArn=monitor)
    assert ce.get_anomaly_subscriptions()["AnomalySubscriptions"] == []
    with pytest.raises(ClientError, match="UnknownMonitorException"):
        ce.get_anomaly_monitors(MonitorArnList=[monitor])
