"""AWS Cost Explorer: anomaly monitors and subscriptions."""

import json
from datetime import UTC, datetime
from typing import Any

import moto.ce.urls
from moto.ce.models import CostExplorerBackend, ce_backends
from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError
from moto.moto_api._internal import mock_random

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.routes import extend, route

Json = dict[str, Any]


class AnomalyBackend(CostExplorerBackend):  # type: ignore[misc]
    """Cost categories are moto's; anomaly monitors and subscriptions are kept as the API shows them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.monitors: dict[str, Json] = {}  # by ARN
        self.subscriptions: dict[str, Json] = {}  # by ARN

    def create_monitor(self, monitor: Json) -> str:
        """Create a monitor and return its ARN."""
        arn = self._arn("anomalymonitor")
        today = datetime.fromtimestamp(determinism.now(), UTC).date().isoformat()
        kept = {"CreationDate": today, "LastUpdatedDate": today, "LastEvaluatedDate": "NA", "DimensionalValueCount": 0}
        self.monitors[arn] = {**kept, **monitor, "MonitorArn": arn}
        return arn

    def create_subscription(self, subscription: Json) -> str:
        """Create a subscription and return its ARN."""
        arn = self._arn("anomalysubscription")
        kept = {"AccountId": self.account_id, **subscription, "SubscriptionArn": arn}
        self.subscriptions[arn] = self._checked(kept)
        return arn

    def monitor(self, arn: str) -> Json:
        """Return a monitor, to read or to change."""
        if arn not in self.monitors:
            raise JsonRESTError("UnknownMonitorException", f"Unknown monitor: {arn}")
        return self.monitors[arn]

    def subscription(self, arn: str) -> Json:
        """Return a subscription, to read or to change."""
        if arn not in self.subscriptions:
            raise JsonRESTError("UnknownSubscriptionException", f"Unknown subscription: {arn}")
        return self.subscriptions[arn]

    def update_subscription(self, arn: str, changes: Json) -> None:
        """Change what is given of a subscription; a threshold and a threshold expression exclude each other."""
        changed = {**self.subscription(arn), **changes}
        for given, other in (("Threshold", "ThresholdExpression"), ("ThresholdExpression", "Threshold")):
            if given in changes:
                changed.pop(other, None)
        self.subscriptions[arn] = self._checked(changed)

    def _checked(self, subscription: Json) -> Json:
        for arn in subscription["MonitorArnList"]:
            self.monitor(arn)
        confirmed = [{"Status": "CONFIRMED", **each} for each in subscription["Subscribers"]]
        return {**subscription, "Subscribers": confirmed}

    def _arn(self, kind: str) -> str:
        return f"arn:{self.partition}:ce::{self.account_id}:{kind}/{mock_random.uuid4()}"


class AnomalyResponse(CostExplorerResponse):  # type: ignore[misc]
    """Moto's operations, and those on anomaly monitors and subscriptions."""

    @property
    def _backend(self) -> AnomalyBackend:
        backend: AnomalyBackend = self.ce_backend
        return backend

    def _request(self) -> Json:
        request: Json = json.loads(self.body)
        return request

    def _tagged(self, key: str, arn: str) -> str:
        self._backend.tag_resource(arn, self._request().get("ResourceTags") or [])
        return json.dumps({key: arn})

    def create_anomaly_monitor(self) -> str:
        """CreateAnomalyMonitor."""
        return self._tagged("MonitorArn", self._backend.create_monitor(self._request()["AnomalyMonitor"]))

    def get_anomaly_monitors(self) -> str:
        """GetAnomalyMonitors."""
        wanted = self._request().get("MonitorArnList") or list(self._backend.monitors)
        return json.dumps({"AnomalyMonitors": [self._backend.monitor(arn) for arn in wanted]})

    def update_anomaly_monitor(self) -> str:
        """UpdateAnomalyMonitor."""
        request = self._request()
        self._backend.monitor(request["MonitorArn"]).update(request)
        return json.dumps({"MonitorArn": request["MonitorArn"]})

    def delete_anomaly_monitor(self) -> str:
        """DeleteAnomalyMonitor."""
        arn = self._request()["MonitorArn"]
        self._backend.monitor(arn)
        del self._backend.monitors[arn]
        return "{}"

    def create_anomaly_subscription(self) -> str:
        """CreateAnomalySubscription."""
        arn = self._backend.create_subscription(self._request()["AnomalySubscription"])
        return self._tagged("SubscriptionArn", arn)

    def get_anomaly_subscriptions(self) -> str:
        """GetAnomalySubscriptions."""
        request = self._request()
        wanted = request.get("SubscriptionArnList") or list(self._backend.subscriptions)
        found = [self._backend.subscription(arn) for arn in wanted]
        monitor = request.get("MonitorArn")
        return json.dumps(
            {"AnomalySubscriptions": [each for each in found if monitor is None or monitor in each["MonitorArnList"]]}
        )

    def update_anomaly_subscription(self) -> str:
        """UpdateAnomalySubscription."""
        request = self._request()
        self._backend.update_subscription(request["SubscriptionArn"], request)
        return json.dumps({"SubscriptionArn": request["SubscriptionArn"]})

    def delete_anomaly_subscription(self) -> str:
        """DeleteAnomalySubscription."""
        arn = self._request()["SubscriptionArn"]
        self._backend.subscription(arn)
        del self._backend.subscriptions[arn]
        return "{}"


def install() -> None:
    """Replace moto's backend and operations."""
    extend(ce_backends, AnomalyBackend, moto.ce.urls)
    route(moto.ce.urls, AnomalyResponse)
