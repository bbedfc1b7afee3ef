"""What the lab's roles called, from CloudTrail's event history.

AWS's history holds the management events of 90 days. Data events (S3 objects, log lines) are in it only on the embedded
cloud; on AWS a trail would have to record them, and without one the review finds their grants unused.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings

DAYS = 90
PROBE = "refusal-probe"  # session of calls that are made to see them refused
ACTIONS: Mapping[str, str] = {"monitoring": "cloudwatch", "tagging": "tag"}  # event source -> service in actions


@dataclass(frozen=True)
class Called:
    """Calls of an action by a role on a resource: how many, and whether they were refused."""

    role: str
    action: str
    resource: str  # ARN, or * where the event names none
    refused: bool
    calls: int
    last: datetime


def calls(settings: Settings, days: int = DAYS) -> tuple[Called, ...]:
    """Ask CloudTrail for what the lab's roles called in the latest days, the latest first.

    Raises:
        LabError: The target does not answer.
    """
    with explained(settings):
        pages = (
            client(settings, "cloudtrail")
            .get_paginator("lookup_events")
            .paginate(StartTime=datetime.now(UTC) - timedelta(days=days))
        )
        events = [json.loads(each["CloudTrailEvent"]) for page in pages for each in page["Events"]]
    return tuple(each for event in events for each in called(event))


def called(event: Mapping[str, Any]) -> Iterator[Called]:
    """Yield an event's calls, one for each resource; nothing for other roles and for probes. Pure."""
    identity = event.get("userIdentity", {})
    role = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("userName", "")
    if not role.startswith(f"{catalog.NAME}-") or identity.get("arn", "").endswith(f"/{PROBE}"):
        return
    service = event["eventSource"].removesuffix(".amazonaws.com")
    action = f"{ACTIONS.get(service, service)}:{event['eventName']}"
    refused = str(event.get("errorCode", "")).startswith(("AccessDenied", "Client.UnauthorizedOperation"))
    count = (event.get("additionalEventData") or {}).get("calls", 1)
    last = datetime.fromisoformat(event["eventTime"])
    for resource in event.get("resources") or [{}]:
        yield Called(role, action, resource.get("ARN", "*"), refused, count, last)
