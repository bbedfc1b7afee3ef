"""SNS: messages to HTTP endpoints go through the outbox, because an endpoint may be slow, gone, or this very cloud.

A subscription of an HTTP endpoint is confirmed at once (on AWS the endpoint has to confirm it), and its messages carry
no signature, for only Amazon has Amazon's key. E-mail and SMS go nowhere.
"""

import json
from datetime import UTC, datetime
from typing import Any

import moto.sns.models
from moto.sns.models import Subscription, Topic

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.outbox import OUTBOX, Delivery

KEPT_MESSAGES = 100  # of each topic, for who looks at what was sent


class BoundedTopic(Topic):  # type: ignore[misc]
    """A topic that remembers its last messages, not all."""

    def publish(self, *arguments: Any, **named: Any) -> str:
        """Publish to every subscription and return the message's id."""
        message_id: str = super().publish(*arguments, **named)
        del self.sent_notifications[:-KEPT_MESSAGES]
        return message_id


class OutboxSubscription(Subscription):  # type: ignore[misc]
    """A subscription whose HTTP messages are sent by somebody else."""

    def publish(self, message: str, message_id: str, subject: str | None = None, **named: Any) -> None:
        """Hand the message over where the filter lets it through."""
        if self.protocol not in ("http", "https"):
            super().publish(message, message_id, subject=subject, **named)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(named.get("message_attributes"), message):
            return
        if named.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        raw = str(self.attributes.get("RawMessageDelivery")).lower() == "true"
        body = message if raw else json.dumps(self.get_post_data(message, message_id, subject))
        OUTBOX.deliver(Delivery(self.endpoint, self._headers(message_id, raw), body.encode()))

    def get_post_data(
        self, message: str, message_id: str, subject: str | None, message_attributes: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the envelope of a message."""
        now = datetime.fromtimestamp(determinism.now(), UTC)
        envelope = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self.topic.arn,
            "Message": message,
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        }
        attributes = {"MessageAttributes": message_attributes} if message_attributes else {}
        return envelope | ({"Subject": subject} if subject else {}) | attributes

    def _headers(self, message_id: str, raw: bool) -> dict[str, str]:
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": message_id,
            "x-amz-sns-topic-arn": self.topic.arn,
            "x-amz-sns-subscription-arn": self.arn,
        } | ({"x-amz-sns-rawdelivery": "true"} if raw else {})


def install() -> None:
    """Let moto create these topics and subscriptions."""
    moto.sns.models.Topic = BoundedTopic
    moto.sns.models.Subscription = OutboxSubscription
