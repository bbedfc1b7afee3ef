from collections import Counter
from collections.abc import Iterable

import pytest

from mlops_lab.localcloud.agent.metering import (
    BALANCER_METRICS,
    MOST_VALUES,
    Datum,
    Group,
    Use,
    balancer_data,
    service_data,
)
from mlops_lab.localcloud.agent.traffic import Traffic

# "CloudWatch metrics for your Application Load Balancer",
# docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html, November 2026:
# metric -> combinations of dimensions, those with AvailabilityZone left out.
DOCUMENTED = {
    "RequestCount": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "RequestCountPerTarget": {("TargetGroup",), ("LoadBalancer", "TargetGroup")},
    "HealthyHostCount": {("LoadBalancer", "TargetGroup")},
    "UnHealthyHostCount": {("LoadBalancer", "TargetGroup")},
    "HTTPCode_Target_2XX_Count": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "HTTPCode_Target_3XX_Count": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "HTTPCode_Target_4XX_Count": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "HTTPCode_Target_5XX_Count": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "HTTPCode_ELB_3XX_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_4XX_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_5XX_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_500_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_502_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_503_Count": {("LoadBalancer",)},
    "HTTPCode_ELB_504_Count": {("LoadBalancer",)},
    "HTTP_Fixed_Response_Count": {("LoadBalancer",)},
    "HTTP_Redirect_Count": {("LoadBalancer",)},
    "TargetConnectionErrorCount": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
    "TargetResponseTime": {("LoadBalancer",), ("LoadBalancer", "TargetGroup")},
}
# "Amazon ECS CloudWatch metrics", docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
DOCUMENTED_ECS = {"CPUUtilization": "Percent", "MemoryUtilization": "Percent"}

TG = "targetgroup/app/01"
LB = "app/lb/02"
GROUP = Group(TG, LB, registered=3, healthy=2, unhealthy=1)
IDLE = Group("targetgroup/idle/03", LB, registered=0, healthy=0, unhealthy=0)


def found(
    data: Iterable[Datum], name: str, dimensions: tuple[str, ...] = ("LoadBalancer", "TargetGroup")
) -> list[Datum]:
    return [
        each
        for each in data
        if each["MetricName"] == name and tuple(sorted(item["Name"] for item in each["Dimensions"])) == dimensions
    ]


def total(data: Iterable[Datum], name: str, dimensions: tuple[str, ...] = ("LoadBalancer", "TargetGroup")) -> float:
    pairs = (
        pair for each in found(data, name, dimensions) for pair in zip(each["Values"], each["Counts"], strict=True)
    )
    return sum(value * count for value, count in pairs)


def busy() -> Traffic:
    return Traffic(
        requests=10,
        by_target=Counter({"2XX": 7, "5XX": 2}),
        by_balancer=Counter({502: 1, 499: 2}),
        latencies=Counter({0.001: 6, 0.25: 3}),
        connection_errors=1,
    )


def test_every_metric_has_the_dimensions_that_aws_documents():
    published = {name: {tuple(sorted(each)) for each in kinds} for name, (_, kinds) in BALANCER_METRICS.items()}

    assert published == DOCUMENTED


def test_counts_are_counts_and_times_are_seconds():
    units = {name: unit for name, (unit, _) in BALANCER_METRICS.items()}

    assert units.pop("TargetResponseTime") == "Seconds"
    assert set(units.values()) == {"Count"}


def test_a_service_has_a_datum_for_each_task_in_per_cent():
    data = service_data([Use("main", "app", 50.0, 20.0), Use("main", "app", 100.0, None)], start=60)

    assert {each["MetricName"]: each["Unit"] for each in data} == DOCUMENTED_ECS
    assert [each["Values"] for each in data if each["MetricName"] == "CPUUtilization"] == [[50.0], [100.0]]
    assert {tuple((item["Name"], item["Value"]) for item in each["Dimensions"]) for each in data} == {
        (("ClusterName", "main"), ("ServiceName", "app"))
    }


def test_requests_are_published_for_the_target_group_and_for_the_load_balancer():
    data = balancer_data([GROUP], {(60, TG): busy()}, start=60)

    assert total(data, "RequestCount") == total(data, "RequestCount", ("LoadBalancer",)) == 10
    assert total(data, "HTTPCode_Target_2XX_Count") == 7
    assert total(data, "HTTPCode_Target_5XX_Count", ("LoadBalancer",)) == 2
    assert total(data, "HTTPCode_ELB_5XX_Count", ("LoadBalancer",)) == 1
    assert total(data, "HTTPCode_ELB_502_Count", ("LoadBalancer",)) == 1
    assert total(data, "HTTPCode_ELB_4XX_Count", ("LoadBalancer",)) == 2
    assert total(data, "TargetConnectionErrorCount") == 1


def test_every_request_is_a_sample_of_one_so_that_the_average_of_a_code_is_one_as_on_aws():
    (datum,) = found(balancer_data([GROUP], {(60, TG): busy()}, start=60), "HTTPCode_Target_2XX_Count")

    assert (datum["Values"], datum["Counts"]) == ([1.0], [7.0])


def test_response_times_come_with_their_counts():
    (datum,) = found(balancer_data([GROUP], {(60, TG): busy()}, start=60), "TargetResponseTime")

    assert (datum["Values"], datum["Counts"], datum["Unit"]) == ([0.001, 0.25], [6.0, 3.0], "Seconds")


def test_more_response_times_than_a_datum_takes_become_several():
    many = Traffic(requests=400, latencies=Counter({n / 1000: 1 for n in range(1, 401)}))

    data = found(balancer_data([GROUP], {(60, TG): many}, start=60), "TargetResponseTime")

    assert [len(each["Values"]) for each in data] == [MOST_VALUES, MOST_VALUES, 100]


@pytest.mark.parametrize(("healthy", "registered", "each"), [(2, 3, 5.0), (0, 5, 2.0)])
def test_requests_per_target_are_shared_by_the_healthy_targets_or_else_by_all(
    healthy: int, registered: int, each: float
):
    group = Group(TG, LB, registered, healthy, registered - healthy)

    data = balancer_data([group], {(60, TG): busy()}, start=60)

    assert total(data, "RequestCountPerTarget", ("TargetGroup",)) == each


def test_no_requests_are_a_zero_while_targets_are_registered_but_no_answer_is_no_metric():
    data = balancer_data([GROUP], {}, start=60)

    assert {each["MetricName"] for each in data} == {
        "HealthyHostCount",
        "UnHealthyHostCount",
        "RequestCount",
        "RequestCountPerTarget",
    }
    assert found(data, "RequestCount")[0]["Values"] == [0.0]
    assert found(data, "HealthyHostCount")[0]["Values"] == [2.0]
    assert found(data, "UnHealthyHostCount")[0]["Values"] == [1.0]


def test_a_group_without_targets_and_requests_has_no_metrics():
    assert balancer_data([IDLE], {}, start=60) == []


def test_what_was_read_late_belongs_to_its_own_period():
    data = balancer_data([GROUP], {(50, TG): busy()}, start=60)

    assert {each["Timestamp"].timestamp() for each in found(data, "HTTPCode_Target_2XX_Count")} == {50}
    assert {each["Timestamp"].timestamp() for each in found(data, "HealthyHostCount")} == {60}


def test_what_the_load_balancer_answers_by_itself_is_its_own():
    answered = Traffic(by_balancer=Counter({404: 3, 301: 1}), actions=Counter({"fixed-response": 3, "redirect": 1}))

    data = balancer_data([], {(60, LB): answered}, start=60)

    assert {each["MetricName"]: each["Counts"][0] for each in data} == {
        "HTTPCode_ELB_4XX_Count": 3,
        "HTTPCode_ELB_3XX_Count": 1,
        "HTTP_Fixed_Response_Count": 3,
        "HTTP_Redirect_Count": 1,
    }
    assert {item["Value"] for each in data for item in each["Dimensions"]} == {LB}


def test_requests_of_a_target_group_that_is_gone_are_left_out():
    assert balancer_data([], {(60, TG): busy()}, start=60) == []
