"""Metrics, alarms and target tracking of somebody else's stack; a metric minute lasts a second here."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from mlops_lab.cloud.session import client
from mlops_lab.localcloud import control
from mlops_lab.settings import Settings
from tests.integration.test_embedded_cloud import Load, Stack, until
from tests.integration.test_embedded_cloud import stack as stack  # noqa: PLC0414  (a fixture)

BALANCER = "AWS/ApplicationELB"
SERVICE = {"ClusterName": "other", "ServiceName": "app"}


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
        return [point["ExtendedStatistics" if kind[0] == "E" else statistic] for point in points]

    def sum(self, name: str, dimensions: dict[str, str] | None = None) -> float:
        return sum(self.values(BALANCER, name, "Sum", dimensions or self.group))

    def state(self, alarm: str) -> str:
        return self.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"]


def send(stack: Stack, count: int, path: str = "/app/pid") -> int:
    """Send requests from some threads and return how many were answered by a task."""
    with httpx.Client(timeout=10) as session, ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: session.get(f"{stack.url}{path}").status_code, range(count))
        return list(answers).count(200)


def test_load_shows_under_aws_s_names_and_dimensions(stack: Stack):
    metrics = Metrics(stack)
    before = metrics.sum("RequestCount")

    sent = send(stack, 200)
    send(stack, 7, "/elsewhere")

    until(lambda: metrics.sum("RequestCount") - before >= sent)
    assert metrics.sum("RequestCount") - before == sent
    assert metrics.sum("RequestCount", metrics.balancer) == metrics.sum("RequestCount")
    assert metrics.sum("HTTPCode_Target_2XX_Count") == metrics.sum("RequestCount")
    until(lambda: metrics.sum("HTTPCode_ELB_4XX_Count", metrics.balancer) == 7)
    assert metrics.sum("HTTP_Fixed_Response_Count", metrics.balancer) == 7
    assert metrics.sum("RequestCountPerTarget", {"TargetGroup": metrics.group["TargetGroup"]}) > 0
    assert metrics.values(BALANCER, "HealthyHostCount", "Maximum", metrics.group)[-1] == 1
    assert metrics.values(BALANCER, "UnHealthyHostCount", "Maximum", metrics.group)[-1] == 0
    p50, p99 = (max(metrics.values(BALANCER, "TargetResponseTime", each, metrics.group), key=str) for each in ("p50", "p99"))
    assert 0 < p50["p50"] <= p99["p99"] < 5
    assert until(lambda: metrics.values("AWS/ECS", "CPUUtilization", "Average", SERVICE))
    assert 0 < metrics.values("AWS/ECS", "MemoryUtilization", "Maximum", SERVICE)[-1] < 100
    shown = {each["MetricName"] for each in metrics.cloudwatch.list_metrics(Namespace=BALANCER)["Metrics"]}
    assert {name for name in shown if name.startswith("HTTPCode_Target")} == {"HTTPCode_Target_2XX_Count"}


def test_every_request_is_counted_once_over_a_reload_and_a_killed_daemon(stack: Stack):
    metrics = Metrics(stack)
    before = len(metrics.values(BALANCER, "HealthyHostCount", "SampleCount", metrics.group))
    until(lambda: len(metrics.values(BALANCER, "HealthyHostCount", "SampleCount", metrics.group)) > before)
    counted = metrics.sum("HTTPCode_Target_2XX_Count")

    with Load(stack) as load:
        stack.scale(2)
        for _ in range(3):
            os.kill(control.state(stack.settings).pid, signal.SIGKILL)
            control.up(stack.settings)
            time.sleep(1.5)
        stack.scale(1)

    assert load.failures == []
    until(lambda: metrics.sum("HTTPCode_Target_2XX_Count") - counted >= load.answers)
    time.sleep(2.5)
    assert metrics.sum("HTTPCode_Target_2XX_Count") - counted == load.answers


@pytest.fixture
def subscriber() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The URL of an HTTP endpoint and what it has received."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append({"kind": self.headers["x-amz-sns-message-type"], **body})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", received
    server.shutdown()
    server.server_close()


def test_an_alarm_goes_off_and_back_and_tells_its_subscriber(
    stack: Stack, subscriber: tuple[str, list[dict[str, Any]]]
):
    url, received = subscriber
    metrics = Metrics(stack)
    sns = client(stack.settings, "sns")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    metrics.cloudwatch.put_metric_alarm(
        AlarmName="strangers",
        Namespace=BALANCER,
        MetricName="HTTPCode_ELB_4XX_Count",
        Dimensions=[{"Name": "LoadBalancer", "Value": metrics.group["LoadBalancer"]}],
        Statistic="Sum",
        Period=1,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
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


def test_a_subscriber_that_does_not_answer_holds_nobody_up(stack: Stack):
    listener = __import__("socket").create_server(("127.0.0.1", 0))
    sns = client(stack.settings, "sns")
    topic = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}/")

    begun = time.monotonic()
    for _ in range(5):
        sns.publish(TopicArn=topic, Message="hello")
    took = time.monotonic() - begun

    assert took < 4  # one delivery alone waits 5 s for its answer
    listener.close()


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
            "TargetValue": 1200.0,  # a minute
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
    with Load(stack, workers=1) as gentle:
        gentle_pause = 0.2
        until(lambda: stack.healthy() < 3 or time.sleep(gentle_pause), 60)
    until(lambda: stack.healthy() == 1 and stack.service()["runningCount"] == 1, 60)

    assert load.failures == []
    assert gentle.failures == []
    activities = autoscaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    assert activities[-1]["Description"] == "Setting desired count to 3."
    assert activities[-1]["Cause"].startswith("monitor alarm TargetTracking-service/other/app-AlarmHigh-")
    assert activities[-1]["Cause"].endswith(" in state ALARM triggered policy requests")
    assert activities[0]["Description"] == "Setting desired count to 1."
    assert {each["StatusCode"] for each in activities} == {"Successful"}
