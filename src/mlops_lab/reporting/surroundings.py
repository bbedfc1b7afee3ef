"""What Terraform built outside the VPC: shelves of named things, each under the AWS service that keeps them."""

import re
from dataclasses import dataclass
from typing import Literal

from mlops_lab.pipeline.resources import Resource, Resources

ACCOUNT = re.compile(r"-\d{12}$")  # it makes the name unique, and says nothing here
Place = Literal["api", "storage", "right", "around"]


@dataclass(frozen=True)
class Shelf:
    """Things of one service, and what they are to a task: an API it calls, storage, a right it has, or around it."""

    title: str
    items: tuple[str, ...]
    place: Place = "around"


def shelves(resources: Resources) -> tuple[Shelf, ...]:
    """List what a state holds beside the VPC; an empty shelf is left out."""
    all_shelves = (
        Shelf("ECR: images", _names(resources, "aws_ecr_repository"), "api"),
        Shelf("CloudWatch Logs", _names(resources, "aws_cloudwatch_log_group"), "api"),
        Shelf("SSM: parameters", _parameters(resources), "api"),
        Shelf("S3: buckets", _buckets(resources), "storage"),
        Shelf("IAM: roles", _names(resources, "aws_iam_role"), "right"),
        Shelf("CloudWatch", _observation(resources)),
        Shelf("EventBridge Scheduler", tuple(sorted(map(_schedule, resources.of("aws_scheduler_schedule"))))),
        Shelf("Budget", _spending(resources)),
    )
    return tuple(shelf for shelf in all_shelves if shelf.items)


def _names(resources: Resources, kind: str) -> tuple[str, ...]:
    return tuple(sorted(str(each.values["name"]) for each in resources.of(kind)))


def _parameters(resources: Resources) -> tuple[str, ...]:
    found = resources.of("aws_ssm_parameter")
    return tuple(f"{each.values['name']}{' (secret)' * _is_secret(each)}" for each in found)


def _is_secret(parameter: Resource) -> bool:
    return bool(parameter.values["type"] == "SecureString")


def _buckets(resources: Resources) -> tuple[str, ...]:
    versioned = {each.values["bucket"] for each in resources.of("aws_s3_bucket_versioning") if _is_enabled(each)}
    names = sorted(str(each.values["bucket"]) for each in resources.of("aws_s3_bucket"))
    return tuple(f"{ACCOUNT.sub('', name)}{' (versioned)' * (name in versioned)}" for name in names)


def _is_enabled(versioning: Resource) -> bool:
    return bool(versioning.block("versioning_configuration").get("status") == "Enabled")


def _observation(resources: Resources) -> tuple[str, ...]:
    found = resources.of("aws_cloudwatch_dashboard")
    dashboards = tuple(f"dashboard {each.values['dashboard_name']}" for each in found)
    alarms = len(resources.of("aws_cloudwatch_metric_alarm"))
    return dashboards + ((f"{alarms} alarms",) if alarms else ())


def _schedule(schedule: Resource) -> str:
    return f"{schedule.values['name']}{' (off)' * (schedule.values['state'] != 'ENABLED')}"


def _spending(resources: Resources) -> tuple[str, ...]:
    budgets = resources.of("aws_budgets_budget")
    limits = tuple(f"{float(each.values['limit_amount']):g} {each.values['limit_unit']} a month" for each in budgets)
    return limits + tuple("anomaly monitor" for _ in resources.of("aws_ce_anomaly_monitor"))
