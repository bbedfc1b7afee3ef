"""Totals are computed by hand, in USD a month of 730 hours, from the list prices of us-east-1."""

from pathlib import Path
from typing import Any

import pytest

from mlops_lab.pipeline.bill import Bill
from mlops_lab.pipeline.cost import Usage, monthly_bill
from mlops_lab.pipeline.prices import US_EAST_1
from mlops_lab.pipeline.resources import Resources, read

Json = dict[str, Any]
INFRA = Path(__file__).parents[3] / "infra"
USAGE = Usage(requests_per_second=0, gb_requests=73, gb_out=10, gb_aws=20, gb_logs=2, gb_objects=10, gb_images=5)

# 730 * 0.0225 + 0.1 * 730 * 0.008 + 2 * 730 * 0.005: balancer, a tenth of an LCU (73 GB), an address in each zone
BALANCER = 16.425 + 0.584 + 7.30
# 0.25 * 730 * 0.04048 + 0.5 * 730 * 0.004445
TASK = 7.3876 + 1.622425
# 10 GB out, 10 GB in S3, 5 GB of images, 2 GB of logs, 2 alarms and 2 of one policy, a dashboard
REST = 0.90 + 0.23 + 0.50 + 1.00 + 0.40 + 3.00
ADDRESS = 3.65  # 730 * 0.005


def resource(kind: str, label: str = "this", index: str | None = None, /, **values: Any) -> Json:
    address = f"{kind}.{label}" if index is None else f'{kind}.{label}["{index}"]'
    key = {} if index is None else {"index": index}
    return {"address": address, "mode": "managed", "type": kind, "name": label, **key, "values": values}


def service(track: str, public: bool) -> Json:
    network = [{"assign_public_ip": public, "subnets": ["a", "b"], "security_groups": ["t"]}]
    return resource(
        "aws_ecs_service",
        "this",
        f"income-{track}",
        name=f"lab-income-{track}",
        task_definition=f"arn:aws:ecs:us-east-1:1:task-definition/lab-income-{track}:4",
        network_configuration=network,
        tags={"Service": "income", "Track": track},
    )


def definition(family: str, cpu: int = 256, memory: int = 512, architecture: str = "X86_64") -> Json:
    platform = [{"cpu_architecture": architecture, "operating_system_family": "LINUX"}]
    return resource(
        "aws_ecs_task_definition", family, family=family, cpu=str(cpu), memory=str(memory), runtime_platform=platform
    )


def lab(*more: Json, public: bool = False, architecture: str = "X86_64", scaled: bool = True) -> Resources:
    """One project behind a balancer in two zones, with whatever more there is."""
    target = resource("aws_appautoscaling_target", resource_id="service/lab/lab-income-stable", min_capacity=1)
    policy = resource("aws_appautoscaling_policy", policy_type="TargetTrackingScaling")
    found = [
        resource("aws_lb", subnets=["a", "b"], internal=False),
        service("stable", public),
        service("canary", public),
        *(definition(f"lab-income-{track}", architecture=architecture) for track in ("stable", "canary")),
        resource("aws_cloudwatch_metric_alarm", "cpu"),
        resource("aws_cloudwatch_metric_alarm", "memory"),
        resource("aws_cloudwatch_dashboard"),
        resource("aws_cloudwatch_log_group"),
        resource("aws_s3_bucket"),
        resource("aws_ecr_repository"),
        resource("aws_vpc_endpoint", "s3", vpc_endpoint_type="Gateway"),
        *((target, policy) if scaled else ()),
        *more,
    ]
    return read({"values": {"root_module": {"resources": found}}})


def amounts(bill: Bill) -> dict[str, float]:
    return {line.what: line.monthly for line in bill.lines}


def test_public_tasks_pay_for_an_address_a_running_task() -> None:
    bill = monthly_bill(lab(public=True), USAGE)

    assert bill.total == pytest.approx(BALANCER + TASK + REST + ADDRESS)
    assert bill.total == pytest.approx(42.999025)


def test_interface_endpoints_are_paid_in_each_zone_and_by_the_gigabyte() -> None:
    endpoints = [
        resource("aws_vpc_endpoint", "interface", each, vpc_endpoint_type="Interface", subnet_ids=["c", "d"])
        for each in ("ecr.api", "ecr.dkr", "logs", "ssm")
    ]

    bill = monthly_bill(lab(*endpoints), USAGE)

    assert bill.total == pytest.approx(BALANCER + TASK + REST + 4 * 2 * 7.30 + 20 * 0.01)
    assert bill.total == pytest.approx(97.949025)


def test_a_nat_gateway_is_paid_by_the_hour_with_its_address_and_by_the_gigabyte() -> None:
    gateway = (resource("aws_nat_gateway", "this", "0", subnet_id="a"), resource("aws_eip", "nat", "0"))

    bill = monthly_bill(lab(*gateway), USAGE)

    assert bill.total == pytest.approx(BALANCER + TASK + REST + 32.85 + ADDRESS + 20 * 0.045)
    assert bill.total == pytest.approx(76.749025)


@pytest.mark.parametrize(
    ("usage", "tasks"),
    [(Usage(), 1), (Usage(running_tasks=3), 3), (Usage(canary_tasks=2), 3), (Usage(running_tasks=0), 0)],
)
def test_tasks_are_the_autoscaling_minimum_unless_they_are_stated(usage: Usage, tasks: int) -> None:
    assert monthly_bill(lab(), usage).group("tasks") == pytest.approx(tasks * TASK)


def test_the_minimum_is_that_of_the_services_own_target() -> None:
    other = resource("aws_appautoscaling_target", "other", resource_id="service/lab/lab-taxi-stable", min_capacity=5)
    own = resource("aws_appautoscaling_target", "own", resource_id="service/lab/lab-income-stable", min_capacity=2)

    assert monthly_bill(lab(other, own, scaled=False)).group("tasks") == pytest.approx(2 * TASK)


def test_a_stable_service_without_autoscaling_runs_one_task() -> None:
    assert monthly_bill(lab(scaled=False)).group("tasks") == pytest.approx(TASK)


def test_arm_tasks_have_their_own_price() -> None:
    bill = monthly_bill(lab(architecture="ARM64"))

    assert bill.group("tasks") == pytest.approx(0.25 * 730 * 0.03238 + 0.5 * 730 * 0.00356)


@pytest.mark.parametrize(("requests", "gigabytes", "units"), [(50.0, 73.0, 2.0), (1.0, 1460.0, 2.0)])
def test_balancer_capacity_is_the_larger_of_connections_and_bytes(
    requests: float, gigabytes: float, units: float
) -> None:
    bill = monthly_bill(lab(), Usage(requests_per_second=requests, gb_requests=gigabytes))

    assert amounts(bill)["Load balancer capacity"] == pytest.approx(units * 730 * 0.008)


def test_what_is_always_free_is_taken_off_only_where_it_is_said_so() -> None:
    alarms = [resource("aws_cloudwatch_metric_alarm", str(number)) for number in range(10)]  # 14 with those of lab()

    listed = monthly_bill(lab(*alarms), USAGE)
    free = monthly_bill(lab(*alarms), Usage(gb_out=120, gb_logs=6, allowances=True))

    assert listed.group("observability") == pytest.approx(14 * 0.10 + 3.00 + 2 * 0.50)
    assert free.group("observability") == pytest.approx(4 * 0.10 + 0 + 1 * 0.50)
    assert amounts(free)["Data to the internet"] == pytest.approx(20 * 0.09)


@pytest.mark.parametrize(("state", "hours"), [("ENABLED", 2 * 0.5), ("DISABLED", 0)])
def test_retraining_costs_what_its_task_takes_while_its_schedule_is_on(state: str, hours: float) -> None:
    target = [{"ecs_parameters": [{"task_definition_arn": "arn:aws:ecs:us-east-1:1:task-definition/retrain"}]}]
    schedule = resource("aws_scheduler_schedule", name="lab-income-retrain", state=state, target=target)

    bill = monthly_bill(
        lab(schedule, definition("retrain", 1024, 4096)), Usage(running_tasks=0, retrainings=2, retraining_hours=0.5)
    )

    assert bill.group("tasks") == pytest.approx(hours * (0.04048 + 4 * 0.004445))


def test_a_type_that_nobody_has_priced_is_named() -> None:
    bill = monthly_bill(lab(resource("aws_db_proxy"), resource("aws_vpc_ipam"), resource("aws_route53_zone")))

    assert bill.unknown == ("aws_db_proxy", "aws_route53_zone", "aws_vpc_ipam")


def test_more_than_nothing_is_known_of_what_costs_nothing() -> None:
    bill = monthly_bill(lab(resource("aws_ssm_parameter"), resource("aws_iam_role")))

    assert bill.unknown == ()
    assert amounts(bill)["Parameters"] == 0


def test_a_balancer_inside_the_vpc_has_no_public_address() -> None:
    inside = read({"values": {"root_module": {"resources": [resource("aws_lb", subnets=["a", "b"], internal=True)]}}})

    assert "Public IPv4, load balancer" not in amounts(monthly_bill(inside))


def test_the_prices_in_network_layouts_description_are_the_computed_ones() -> None:
    text, prices = (INFRA / "variables.tf").read_text(), US_EAST_1

    address, endpoint = prices.public_address.usd * 730, prices.endpoint.usd * 730

    assert f"{address:.2f} USD a running task" in text
    assert f"{4 * 2 * endpoint:.2f} USD" in text
    assert f"{prices.nat_gateway.usd * 730 + address:.2f} USD" in text
