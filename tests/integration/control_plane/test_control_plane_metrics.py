"""CloudWatch's metrics and alarms through the API, over a kill of the plane."""

import json
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from botocore.serialize import create_serializer
from botocore.session import Session
from tests.integration.control_plane.conftest import Plane

MINUTE = datetime.fromtimestamp(time.time() // 60 * 60 - 120, UTC)
STATISTICS = {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3}
DIMENSIONS = [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}]


def statistics(plane: Plane, name: str, *wanted: str, period: int = 60, **named: Any) -> list[dict[str, Any]]:
    kinds = {"Statistics": [each for each in wanted if each[0] != "p"]}
    kinds["ExtendedStatistics"] = [each for each in wanted if each[0] == "p"]
    answer = plane.client("cloudwatch").get_metric_statistics(
        Namespace="N",
        MetricName=name,
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=1),
        Period=period,
        **{key: value for key, value in kinds.items() if value},
        **named,
    )
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def put(plane: Plane, *data: dict[str, Any]) -> None:
    plane.client("cloudwatch").put_metric_data(Namespace="N", MetricData=list(data))


def alarm(plane: Plane, name: str, **changes: Any) -> None:
    known = {
        "Namespace": "N",
        "MetricName": "m",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 3.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Statistic": "Average",
    }
    plane.client("cloudwatch").put_metric_alarm(AlarmName=name, **(known | changes))


def described(plane: Plane, name: str) -> dict[str, Any]:
    return plane.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


def test_values_counts_and_statistic_sets_come_back_by_period(shared_plane: Plane) -> None:
    fine = {"MetricName": "mixed", "Dimensions": DIMENSIONS, "Unit": "Seconds", "StorageResolution": 1}
    put(
        shared_plane,
        fine | {"Timestamp": MINUTE, "Value": 5},
        fine | {"Timestamp": MINUTE + timedelta(seconds=11), "Values": [1, 2, 3], "Counts": [10, 1, 1]},
        {"MetricName": "set", "Timestamp": MINUTE, "StatisticValues": STATISTICS},
    )

    names = ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p100")
    first, second = statistics(shared_plane, "mixed", *names, period=10, Dimensions=DIMENSIONS[::-1])
    (statistic_set,) = statistics(shared_plane, "set", "Average", "p50")

    assert [first[name] for name in names[:5]] == [5, 5, 5, 5, 1]
    assert [second[name] for name in names[:5]] == [15, 1.25, 1, 3, 12]
    assert second["ExtendedStatistics"] == {"p50": 1.0, "p100": 3.0}
    assert second["Timestamp"] == MINUTE + timedelta(seconds=10)
    assert second["Unit"] == "Seconds"
    assert (statistic_set["Average"], statistic_set.get("ExtendedStatistics")) == (2.0, None)


def test_a_large_compressed_request_is_read(shared_plane: Plane) -> None:
    generator = random.Random(1)
    values = [round(generator.lognormvariate(0, 0.3), 3) for _ in range(3000)]

    put(
        shared_plane,
        *({"MetricName": "big", "Timestamp": MINUTE, "Values": values[n : n + 150]} for n in range(0, 3000, 150)),
    )

    (point,) = statistics(shared_plane, "big", "SampleCount", "Sum", "p50", "p99")
    exact = sorted(values)
    assert (point["SampleCount"], point["Sum"]) == (3000, pytest.approx(sum(values)))
    assert point["ExtendedStatistics"]["p50"] == pytest.approx(exact[1499], rel=0.005)
    assert point["ExtendedStatistics"]["p99"] == pytest.approx(exact[2969], rel=0.005)


def test_get_metric_data_computes_expressions_and_returns_what_is_asked_for(shared_plane: Plane) -> None:
    put(shared_plane, {"MetricName": "errors", "Timestamp": MINUTE, "Value": 1})
    put(shared_plane, {"MetricName": "requests", "Timestamp": MINUTE, "Values": [1], "Counts": [8]})

    def query(identity: str, name: str, **extra: Any) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "N", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": identity, "MetricStat": stat, **extra}

    answer = shared_plane.client("cloudwatch").get_metric_data(
        StartTime=MINUTE - timedelta(minutes=1),
        EndTime=MINUTE + timedelta(minutes=1),
        MetricDataQueries=[
            query("e", "errors", ReturnData=False),
            query("r", "requests"),
            {"Id": "rate", "Expression": "100 * e / r", "Label": "errors in per cent"},
            {"Id": "filled", "Expression": "FILL(e, 0)"},
        ],
        ScanBy="TimestampAscending",
    )

    found = {each["Id"]: each for each in answer["MetricDataResults"]}
    assert {key: each["Values"] for key, each in found.items()} == {"r": [8.0], "rate": [12.5], "filled": [0.0, 1.0]}
    assert found["rate"]["Label"] == "errors in per cent"
    assert found["r"]["Timestamps"] == [MINUTE]


def test_a_search_answers_with_a_series_for_each_metric_that_it_finds(shared_plane: Plane) -> None:
    versions = {"1": 4.0, "2": 6.0}
    for version, value in versions.items():
        named = [{"Name": "Project", "Value": "taxi"}, {"Name": "Version", "Value": version}]
        put(shared_plane, {"MetricName": "searched", "Dimensions": named, "Timestamp": MINUTE, "Value": value})
    put(shared_plane, {"MetricName": "searched", "Timestamp": MINUTE, "Value": 1.0})
    words = "SEARCH('{N,Project,Version} MetricName=\"searched\" Project=\"%s\"', 'Sum', 60)"

    answer = shared_plane.client("cloudwatch").get_metric_data(
        StartTime=MINUTE,
        EndTime=MINUTE + timedelta(minutes=1),
        MetricDataQueries=[
            {"Id": "found", "Expression": words % "taxi", "Label": "version"},
            {"Id": "nothing", "Expression": words % "income"},
        ],
    )

    told = {(each["Id"], each["Label"]): each["Values"] for each in answer["MetricDataResults"]}
    assert told == {("found", "version 1"): [4.0], ("found", "version 2"): [6.0]}


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_metric_statistics", {"Period": 7, "Statistics": ["Sum"]}, "InvalidParameterValue"),
        ("get_metric_statistics", {"Period": 60, "ExtendedStatistics": ["p101"]}, "InvalidParameterValue"),
        ("get_metric_statistics", {"Period": 60}, "InvalidParameterCombination"),
        ("get_metric_data", {"MetricDataQueries": [{"Id": "e", "Expression": "SEARCH('x')"}]}, "ValidationError"),
    ],
)
def test_what_cannot_be_answered_is_refused(shared_plane: Plane, operation: str, arguments: Any, code: str) -> None:
    put(shared_plane, {"MetricName": "known", "Timestamp": MINUTE, "Value": 1})
    span = {"StartTime": MINUTE, "EndTime": MINUTE + timedelta(minutes=2)}
    named = {"Namespace": "N", "MetricName": "known"} if operation == "get_metric_statistics" else {}

    with pytest.raises(ClientError) as caught:
        getattr(shared_plane.client("cloudwatch"), operation)(**span, **named, **arguments)

    assert caught.value.response["Error"]["Code"] == code


def test_more_datapoints_than_aws_gives_are_refused(shared_plane: Plane) -> None:
    with pytest.raises(ClientError, match=r"up to 4,320 datapoints, which exceeds the limit of 1,440"):
        shared_plane.client("cloudwatch").get_metric_statistics(
            Namespace="N",
            MetricName="m",
            StartTime=MINUTE,
            EndTime=MINUTE + timedelta(days=3),
            Period=60,
            Statistics=["Sum"],
        )


def test_metrics_are_listed_in_pages(shared_plane: Plane) -> None:
    cloudwatch = shared_plane.client("cloudwatch")
    for start in range(0, 600, 300):
        data = [{"MetricName": f"m{n:03}", "Value": 1} for n in range(start, start + 300)]
        cloudwatch.put_metric_data(Namespace="Many", MetricData=data)

    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Many"))

    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    assert len({each["MetricName"] for page in pages for each in page["Metrics"]}) == 600


@pytest.mark.parametrize("protocol", ["json", "query"])  # what boto3 speaks, and the SDKs and tools of before
def test_both_protocols_of_clients_are_understood(shared_plane: Plane, protocol: str) -> None:
    model = Session().get_service_model("cloudwatch").operation_model("PutMetricData")
    name = f"by-{protocol}"
    datum = {"MetricName": name, "Timestamp": MINUTE, "Values": [1.0, 2.5], "Counts": [3.0, 1.0]}

    request = create_serializer(protocol).serialize_to_request({"Namespace": "N", "MetricData": [datum]}, model)
    credential = "AWS4-HMAC-SHA256 Credential=123456789012/20261123/us-east-1/monitoring/aws4_request, Signature=x"
    headers = {**request["headers"], "Authorization": credential}
    body = {"data": request["body"]} if isinstance(request["body"], dict) else {"content": request["body"]}
    answer = httpx.post(f"{shared_plane.url}{request['url_path']}", headers=headers, **body)

    assert answer.is_success, answer.text
    assert [(each["Sum"], each["SampleCount"]) for each in statistics(shared_plane, name, "Sum", "SampleCount")] == [
        (5.5, 4)
    ]


def test_a_new_alarm_has_too_little_data_and_a_changed_one_keeps_its_state(shared_plane: Plane) -> None:
    cloudwatch = shared_plane.client("cloudwatch")
    alarm(shared_plane, "kept")
    assert described(shared_plane, "kept")["StateValue"] == "INSUFFICIENT_DATA"

    cloudwatch.set_alarm_state(AlarmName="kept", StateValue="ALARM", StateReason="tried")
    alarm(shared_plane, "kept", Threshold=4.0)

    found = described(shared_plane, "kept")
    assert (found["StateValue"], found["StateReason"], found["Threshold"]) == ("ALARM", "tried", 4.0)


def test_history_tells_configuration_states_and_actions(shared_plane: Plane) -> None:
    cloudwatch = shared_plane.client("cloudwatch")
    topic = shared_plane.client("sns").create_topic(Name="told")["TopicArn"]
    alarm(shared_plane, "told", AlarmActions=[topic, f"{topic}-gone"])

    cloudwatch.set_alarm_state(AlarmName="told", StateValue="ALARM", StateReason="tried")
    cloudwatch.set_alarm_state(AlarmName="told", StateValue="ALARM", StateReason="tried again")

    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName="told", ScanBy="TimestampAscending", PaginationConfig={"PageSize": 3}
    )
    summaries = [item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"]]
    assert summaries == [
        'Alarm "told" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {topic}",
        f"Failed to execute action {topic}-gone: Endpoint does not exist",
    ]


def test_disabled_actions_are_not_executed(shared_plane: Plane) -> None:
    cloudwatch = shared_plane.client("cloudwatch")
    topic = shared_plane.client("sns").create_topic(Name="silent")["TopicArn"]
    alarm(shared_plane, "silent", AlarmActions=[topic], ActionsEnabled=False)

    cloudwatch.set_alarm_state(AlarmName="silent", StateValue="ALARM", StateReason="tried")

    assert cloudwatch.describe_alarm_history(AlarmName="silent", HistoryItemType="Action")["AlarmHistoryItems"] == []


def test_an_alarm_s_message_reaches_a_queue(shared_plane: Plane) -> None:
    sns, sqs = shared_plane.client("sns"), shared_plane.client("sqs")
    topic = sns.create_topic(Name="queued")["TopicArn"]
    queue = sqs.create_queue(QueueName="queued")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    alarm(shared_plane, "queued", OKActions=[topic])

    shared_plane.client("cloudwatch").set_alarm_state(AlarmName="queued", StateValue="OK", StateReason="tried")

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(message["Body"])
    assert envelope["Subject"] == 'OK: "queued" in US East (N. Virginia)'
    assert json.loads(envelope["Message"])["OldStateValue"] == "INSUFFICIENT_DATA"


def test_the_size_of_buckets_is_still_a_metric(shared_plane: Plane) -> None:
    s3 = shared_plane.client("s3")
    s3.create_bucket(Bucket="measured")
    s3.put_object(Bucket="measured", Key="k", Body=b"x" * 10)

    listed = shared_plane.client("cloudwatch").list_metrics(Namespace="AWS/S3", MetricName="NumberOfObjects")["Metrics"]

    assert {"Name": "BucketName", "Value": "measured"} in [each for found in listed for each in found["Dimensions"]]


def test_metrics_alarms_and_history_survive_a_kill_and_a_stop(plane: Plane) -> None:
    put(plane, {"MetricName": "m", "Timestamp": MINUTE, "Values": [1.0, 2.0, 9.0]})
    alarm(plane, "a")
    plane.client("cloudwatch").set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="tried")

    def seen() -> Any:
        items = plane.client("cloudwatch").describe_alarm_history(AlarmName="a")["AlarmHistoryItems"]
        return statistics(plane, "m", "Sum", "p50"), described(plane, "a"), items

    before = seen()
    plane.kill().start()
    after_kill = seen()
    plane.stop().start()

    assert before == after_kill == seen()
