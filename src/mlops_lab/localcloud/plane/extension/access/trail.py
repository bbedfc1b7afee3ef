"""CloudTrail's event history, which moto has not: the latest call of every kind that a role made or was refused.

AWS keeps an event for each call; here one stands for all of its kind, and its ``additionalEventData`` says how many.
S3's data events are in it, which AWS's event history leaves out.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import moto.cloudtrail.urls
from moto.cloudtrail.responses import CloudTrailResponse

from mlops_lab.localcloud.plane.extension.access.record import RECORD, Access
from mlops_lab.localcloud.plane.extension.routes import route

PAGE = 50


class EventHistoryResponse(CloudTrailResponse):  # type: ignore[misc]
    """Moto's CloudTrail with LookupEvents."""

    def lookup_events(self) -> str:
        """Return the events of roles, the latest first, at most 50 a page; times and attributes narrow them."""
        found = [event(each, self.current_account, self.region) for each in RECORD.accesses()]
        start, end = self._get_param("StartTime") or 0, self._get_param("EndTime") or float("inf")
        wanted = {each["AttributeKey"]: each["AttributeValue"] for each in self._get_param("LookupAttributes") or []}
        chosen = [
            each
            for each in found
            if start <= each["EventTime"] <= end and all(each.get(key) == value for key, value in wanted.items())
        ]
        first = int(self._get_param("NextToken") or 0)
        size = min(int(self._get_param("MaxResults") or PAGE), PAGE)
        page: dict[str, Any] = {"Events": chosen[first : first + size]}
        if first + size < len(chosen):
            page["NextToken"] = str(first + size)
        return json.dumps(page)


def event(access: Access, account: str, region: str) -> Mapping[str, Any]:
    """Return an access as CloudTrail shows an event. Pure."""
    service, _, name = access.action.partition(":")
    issuer = {
        "type": "Role",
        "userName": access.role,
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:role/{access.role}",
    }
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account}:assumed-role/{access.role}/{access.session}",
            "sessionContext": {"sessionIssuer": issuer},
        },
        "eventTime": datetime.fromtimestamp(access.last, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "resources": [{"ARN": access.resource, "accountId": account}],
        "additionalEventData": {"calls": access.calls},
    }
    if not access.allowed:
        record["errorCode"] = "AccessDenied"
    identity = f"{access.role} {access.action} {access.grant} {access.allowed}"
    return {
        "EventId": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "EventName": name,
        "EventSource": record["eventSource"],
        "EventTime": access.last,
        "Username": access.session,
        "Resources": [{"ResourceName": access.resource}],
        "CloudTrailEvent": json.dumps(record),
    }


def install() -> None:
    """Answer CloudTrail's URLs."""
    route(moto.cloudtrail.urls, EventHistoryResponse)
