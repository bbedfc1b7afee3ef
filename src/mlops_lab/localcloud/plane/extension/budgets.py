"""AWS Budgets: updates, notifications with subscribers, and tags."""

import json
from typing import Any

import moto.budgets.urls
from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget, BudgetsBackend, Notification, budgets_backends
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import unix_time
from moto.utilities.tagging_service import TaggingService

from mlops_lab.localcloud.plane.extension.routes import extend, route

Json = dict[str, Any]


class TaggedBudgetsBackend(BudgetsBackend):  # type: ignore[misc]
    """Budgets with tags."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tagger = TaggingService(tag_name="ResourceTags")

    def budget(self, account_id: str, name: str) -> Budget:
        """Return a budget."""
        if name not in self.budgets[account_id]:
            raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
        return self.budgets[account_id][name]

    def delete_budget(self, account_id: str, budget_name: str) -> None:
        """Delete a budget with its tags."""
        super().delete_budget(account_id, budget_name)
        self.tagger.delete_all_tags_for_resource(self.arn(account_id, budget_name))

    def arn(self, account_id: str, name: str) -> str:
        """Return a budget's ARN."""
        return f"arn:{self.partition}:budgets::{account_id}:budget/{name}"


class ExtendedBudgetsResponse(BudgetsResponse):  # type: ignore[misc]
    """Moto's operations, and those that Terraform's aws_budgets_budget needs besides."""

    @property
    def _account(self) -> str:
        return str(self._get_param("AccountId"))

    @property
    def _budget(self) -> Budget:
        return self.backend.budget(self._account, self._get_param("BudgetName"))

    def _notification(self, parameter: str = "Notification") -> Notification:
        wanted = _identity(self._get_param(parameter))
        for notification in self._budget.notifications:
            if _identity(notification.details) == wanted:
                return notification
        raise NotFoundException("Unable to find the notification - the notification doesn't exist.")

    def create_budget(self) -> str:
        """CreateBudget, which takes tags."""
        answer: str = super().create_budget()
        arn = self.backend.arn(self._account, self._get_param("Budget")["BudgetName"])
        self.backend.tagger.tag_resource(arn, self._get_param("ResourceTags", []))
        return answer

    def update_budget(self) -> str:
        """UpdateBudget."""
        changed = self._get_param("NewBudget")
        budget = self.backend.budget(self._account, changed["BudgetName"])
        kept = {key: budget.budget[key] for key in ("TimePeriod", "CalculatedSpend") if key in budget.budget}
        budget.budget = {**kept, **changed, "LastUpdatedTime": unix_time()}
        return "{}"

    def create_notification(self) -> str:
        """CreateNotification."""
        wanted = _identity(self._get_param("Notification"))
        if any(_identity(each.details) == wanted for each in self._budget.notifications):
            raise DuplicateRecordException("notification", self._get_param("BudgetName"))
        answer: str = super().create_notification()
        return answer

    def update_notification(self) -> str:
        """UpdateNotification."""
        self._notification("OldNotification").details = self._get_param("NewNotification")
        return "{}"

    def delete_notification(self) -> str:
        """DeleteNotification."""
        self._budget.notifications.remove(self._notification())
        return "{}"

    def describe_notifications_for_budget(self) -> str:
        """DescribeNotificationsForBudget."""
        shown = [
            {"ThresholdType": "PERCENTAGE", "NotificationState": "OK", **each.details}
            for each in self._budget.notifications
        ]
        return json.dumps({"Notifications": shown})

    def describe_subscribers_for_notification(self) -> str:
        """DescribeSubscribersForNotification."""
        return json.dumps({"Subscribers": self._notification().subscribers})

    def create_subscriber(self) -> str:
        """CreateSubscriber."""
        subscribers = self._notification().subscribers
        if self._get_param("Subscriber") in subscribers:
            raise DuplicateRecordException("subscriber", self._get_param("Subscriber")["Address"])
        subscribers.append(self._get_param("Subscriber"))
        return "{}"

    def update_subscriber(self) -> str:
        """UpdateSubscriber."""
        subscribers = self._notification().subscribers
        subscribers[_position(subscribers, self._get_param("OldSubscriber"))] = self._get_param("NewSubscriber")
        return "{}"

    def delete_subscriber(self) -> str:
        """DeleteSubscriber."""
        subscribers = self._notification().subscribers
        del subscribers[_position(subscribers, self._get_param("Subscriber"))]
        return "{}"

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource."""
        return json.dumps(self.backend.tagger.list_tags_for_resource(self._get_param("ResourceARN")))

    def tag_resource(self) -> str:
        """TagResource."""
        self.backend.tagger.tag_resource(self._get_param("ResourceARN"), self._get_param("ResourceTags"))
        return "{}"

    def untag_resource(self) -> str:
        """UntagResource."""
        self.backend.tagger.untag_resource_using_names(
            self._get_param("ResourceARN"), self._get_param("ResourceTagKeys")
        )
        return "{}"


def _identity(notification: Json) -> tuple[Any, ...]:
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def _position(subscribers: list[Json], subscriber: Json) -> int:
    if subscriber not in subscribers:
        raise NotFoundException("Unable to find the subscriber - the subscriber doesn't exist.")
    return subscribers.index(subscriber)


def install() -> None:
    """Replace moto's backend and operations."""
    extend(budgets_backends, TaggedBudgetsBackend, moto.budgets.urls)
    route(moto.budgets.urls, ExtendedBudgetsResponse)
