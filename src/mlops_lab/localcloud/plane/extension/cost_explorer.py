"""AWS Cost Explorer: cost and usage that are metered, cost allocation tags, anomaly monitors and subscriptions."""

import json
from datetime import UTC, date, datetime
from typing import Any

import moto.ce.urls
from moto.ce.models import CostExplorerBackend, ce_backends
from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import JsonRESTError
from moto.ecs import ecs_backends
from moto.moto_api._internal import mock_random

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.cost_meter import Meter, UnsupportedError
from mlops_lab.localcloud.plane.extension.ecs.runs import Run
from mlops_lab.localcloud.plane.extension.routes import extend, route

Json = dict[str, Any]


class AnomalyBackend(CostExplorerBackend):  # type: ignore[misc]
    """Cost categories are moto's; anomaly monitors and subscriptions are kept as the API shows them."""

    allocated: tuple[str, ...] = ()  # keys of tags that are active for cost allocation

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.monitors: dict[str, Json] = {}  # by ARN
        self.subscriptions: dict[str, Json] = {}  # by ARN

    def create_monitor(self, monitor: Json) -> str:
        """Create a monitor and return its ARN."""
        arn = self._arn("anomalymonitor")
        today = _today().isoformat()
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

    def cost_and_usage(self, request: Json) -> Json:
        """Answer from what the account's tasks ran, in every region."""
        runs: list[Run] = [run for backend in ecs_backends[self.account_id].values() for run in backend.runs()]
        try:
            return Meter(runs, self.allocated).answer(request, _today())
        except UnsupportedError as error:
            raise JsonRESTError("ValidationException", str(error)) from error

    def allocate(self, tags: list[Json]) -> None:
        """Make tags active for cost allocation, or inactive."""
        changed = {each["TagKey"]: each["Status"] for each in tags}
        kept = [key for key in self.allocated if key not in changed]
        self.allocated = tuple(sorted([*kept, *(key for key, status in changed.items() if status == "Active")]))

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

    def get_cost_and_usage(self) -> str:
        """GetCostAndUsage."""
        return json.dumps(self._backend.cost_and_usage(self._request()))

    def list_cost_allocation_tags(self) -> str:
        """ListCostAllocationTags, of which only the active ones are known."""
        request = self._request()
        wanted = request.get("TagKeys") or self._backend.allocated
        shown = [
            {"TagKey": key, "Type": "UserDefined", "Status": "Active" if key in self._backend.allocated else "Inactive"}
            for key in wanted
        ]
        status = request.get("Status")
        return json.dumps({"CostAllocationTags": [each for each in shown if status in (None, each["Status"])]})

    def update_cost_allocation_tags_status(self) -> str:
        """UpdateCostAllocationTagsStatus."""
        self._backend.allocate(self._request()["CostAllocationTagsStatus"])
        return json.dumps({"Errors": []})

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


def _today() -> date:
    return datetime.fromtimestamp(determinism.now(), UTC).date()


def install() -> None:
    """Replace moto's backend and operations."""
    extend(ce_backends, AnomalyBackend, moto.ce.urls)
    route(moto.ce.urls, AnomalyResponse)
