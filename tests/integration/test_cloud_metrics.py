"""Metrics, alarms and target tracking of somebody else's stack; a metric minute lasts a second here."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from tests.integration.test_embedded_cloud import Load, Stack, until
from tests.integration.test_embedded_cloud import stack as stack

from mlops_lab.cloud.session import client
from mlops_lab.localcloud import control
from mlops_lab.settings import Settings

BALANCER = "AWS/ApplicationELB"
SERVICE = {"ClusterName": "other", "ServiceName": "app"}
STRANGERS = {
    "AlarmName": "strangers",
    "Namespace": BALANCER,
    "MetricName": "HTTPCode_ELB_4XX_Count",
    "Statistic": "Sum",
    "Period": 1,
    "EvaluationPeriods": 1,
    "Threshold": 2,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.fixture
def cloud_settings(cloud_settings: Settings) -> Settings:
    return cloud_settings.model_copy(update={"metric_seconds": 1})


class Metrics:
    """What CloudWatch holds of the stack since the test began."""

    def __init__(self, stack: Stack):
        self.cloudwatch: Any = client(stack.settings, "cloudwatch")
        (group,) = stack.elbv2.describe_target_groups()["TargetGroups"]
        self.group = {
            "LoadBalancer": group["LoadBalancerArns"][0].partition("loadbalancer/")[2],
            "TargetGroup": group["TargetGroupArn"].rpartition(":")[2],
        }
        self.balancer = {"LoadBalancer": self.group["LoadBalancer"]}
        self._start = datetime.now(UTC) - timedelta(minutes=2)

    def values(self, namespace: str, name: str, statistic: str, dimensions: dict[str, str]) -> list[float]:
        kind = "ExtendedStatistics" if statistic.startswith("p") else "Statistics"
        answer = self.cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=self._start,
            EndTime=datetime.now(UTC) + timedelta(seconds=2),
            Period=1,
            **{kind: [statistic]},
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return [point["ExtendedStatistics"][statistic] if kind[0] == "E" else point[statistic] for point in points]

    def sum(self, name: str, dimensions: dict[str, str] | None = None) -> float:
        return sum(self.values(BALANCER, name, "Sum", dimensions or self.group))

    def settled(self, name: str) -> float:
        """The sum once everything that was answered is counted."""
        time.sleep(2.5)
        return self.sum(name)

    def of_balancer(self) -> dict[str, Any]:
        return {"Dimensions": [{"Name": "LoadBalancer", "Value": self.group["LoadBalancer"]}]}

    def state(self, alarm: str) -> str:
        return self.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]


def send(stack: Stack, count: int, path: str = "/app/pid") -> int:
    """Send requests from some threads and return how many were answered by a task."""
    with httpx.Client(timeout=10) as session, ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: session.get(f"{stack.url}{path}").status_code, range(count))
        return list(answers).count(200)


def test_load_shows_under_aws_s_names_and_dimensions(stack: Stack):
    metrics = Metrics(stack)
    before = metrics.settled("RequestCount")

    sent = send(stack, 200)
    send(stack, 7, "/elsewhere")

    assert metrics.settled("RequestCount") - before == sent == 200
    assert metrics.sum("RequestCount", metrics.balancer) == metrics.sum("RequestCount")
    assert metrics.sum("HTTPCode_Target_2XX_Count") == metrics.sum("RequestCount")
    until(lambda: metrics.sum("HTTPCode_ELB_4XX_Count", metrics.balancer) == 7)
    assert metrics.sum("HTTP_Fixed_Response_Count", metrics.balancer) == 7
    assert metrics.sum("RequestCountPerTarget", {"TargetGroup": metrics.group["TargetGroup"]}) > 0
    assert metrics.values(BALANCER, "HealthyHostCount", "Maximum", metrics.group)[-1] == 1
    assert metrics.values(BALANCER, "UnHealthyHostCount", "Maximum", metrics.group)[-1] == 0
    p50, p99 = (max(metrics.values(BALANCER, "TargetResponseTime", each, metrics.group)) for each in ("p50", "p99"))
    assert 0 < p50 <= p99 < 5
    assert until(lambda: metrics.values("AWS/ECS", "CPUUtilization", "Average", SERVICE))
    assert 0 < metrics.values("AWS/ECS", "MemoryUtilization", "Maximum", SERVICE)[-1] < 100
    shown = {each["MetricName"] for each in metrics.cloudwatch.list_metrics(Namespace=BALANCER)["Metrics"]}
    assert {name for name in shown if name.startswith("HTTPCode_Target")} == {"HTTPCode_Target_2XX_Count"}


def test_every_request_is_counted_once_over_a_reload_and_a_killed_daemon(stack: Stack):
    metrics = Metrics(stack)
    before = metrics.settled("HTTPCode_Target_2XX_Count")

    with Load(stack) as load:
        stack.scale(2)
        for _ in range(3):
            os.kill(control.state(stack.settings).pid, signal.SIGKILL)
            until(lambda: control.state(stack.settings).pid is None)
            control.up(stack.settings)
            time.sleep(1.5)
        stack.scale(1)

    assert load.failures == []
    assert load.answers > 100
    assert metrics.settled("HTTPCode_Target_2XX_Count") - before == load.answers


@contextmanager
def endpoint(told: Callable[[dict[str, Any]], object]) -> Iterator[str]:
    """The URL of an HTTP subscriber that answers once it has done something with the message."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told({"kind": self.headers["x-amz-sns-message-type"], **body})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_an_alarm_goes_off_and_back_and_tells_its_subscriber(stack: Stack):
    received: list[dict[str, Any]] = []
    metrics = Metrics(stack)
    sns = client(stack.settings, "sns")
    topic = sns.create_topic(Name="notices")["TopicArn"]

    with endpoint(received.append) as url:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        metrics.cloudwatch.put_metric_alarm(
            **STRANGERS, **metrics.of_balancer(), AlarmActions=[topic], OKActions=[topic]
        )
        until(lambda: metrics.state("strangers") == "OK" and len(received) == 1)
        send(stack, 40, "/elsewhere")
        until(lambda: metrics.state("strangers") == "ALARM")
        until(lambda: metrics.state("strangers") == "OK" and len(received) == 3)

    messages = [json.loads(each["Message"]) for each in received]
    assert {each["kind"] for each in received} == {"Notification"}
    assert [(each["OldStateValue"], each["NewStateValue"]) for each in messages] == [
        ("INSUFFICIENT_DATA", "OK"),
        ("OK", "ALARM"),
        ("ALARM", "OK"),
    ]
    assert received[1]["Subject"] == 'ALARM: "strangers" in US East (N. Virginia)'
    assert messages[1]["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [")
    assert messages[1]["Trigger"]["MetricName"] == "HTTPCode_ELB_4XX_Count"
    history = metrics.cloudwatch.describe_alarm_history(AlarmName="strangers", HistoryItemType="StateUpdate")
    assert len(history["AlarmHistoryItems"]) == 3


def test_a_subscriber_may_call_the_cloud_while_it_is_told(stack: Stack):
    sns = client(stack.settings, "sns")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    seen: list[list[dict[str, str]]] = []

    with endpoint(lambda _: seen.append(sns.list_topics()["Topics"])) as url:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        sns.publish(TopicArn=topic, Message="hello")
        until(lambda: seen)

    assert seen[0] == [{"TopicArn": topic}]


def test_target_tracking_adds_tasks_and_takes_them_away_without_a_failed_request(stack: Stack):
    metrics = Metrics(stack)
    autoscaling = client(stack.settings, "application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/other/app",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    autoscaling.put_scaling_policy(
        **target,
        PolicyName="requests",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 600.0,  # a minute
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ALBRequestCountPerTarget",
                "ResourceLabel": f"{metrics.group['LoadBalancer']}/{metrics.group['TargetGroup']}",
            },
            "ScaleOutCooldown": 3,
            "ScaleInCooldown": 3,
        },
    )

    with Load(stack, workers=2) as load:
        until(lambda: stack.healthy() == 3)
        time.sleep(1)
    gentle: list[int] = []
    while stack.healthy() > 1:
        gentle.append(stack.get().status_code)
        time.sleep(0.2)
        assert len(gentle) < 400, "it did not scale in"

    assert load.failures == []
    assert set(gentle) == {200}
    activities = until(lambda: completed(autoscaling))
    assert activities[0]["Cause"].startswith("monitor alarm TargetTracking-service/other/app-AlarmHigh-")
    assert activities[0]["Cause"].endswith(" in state ALARM triggered policy requests")
    assert "Setting desired count to 3." in {each["Description"] for each in activities}
    assert activities[-1]["Description"] == "Setting desired count to 1."
    assert {each["StatusCode"] for each in activities} == {"Successful"}


def completed(autoscaling: Any) -> list[dict[str, Any]]:
    """All scaling activities, the oldest first, once none is under way."""
    activities = autoscaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    return [] if any(each["StatusCode"] == "InProgress" for each in activities) else activities[::-1]
