"""Shows what runs: endpoints, services, tasks and their health, alarms that have gone off."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.localcloud import control
from mlops_lab.settings import Settings


def show(settings: Settings, console: Console) -> None:
    """Print the state of the embedded cloud, where that is the target, and of the lab's services and alarms."""
    if settings.is_local and not _show_cloud(settings, console):
        return
    with explained(settings):
        rows = list(_services(client(settings, "ecs"), client(settings, "elbv2")))
    if not rows:
        console.print("No ECS services; `make apply` creates them.")
        return
    table = Table("service", "revision", "running", "targets", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for name, reason in _alarms(client(settings, "cloudwatch")):
        console.print(f"[red]ALARM[/red] {name}: {reason}", highlight=False)


def _alarms(cloudwatch: Any) -> Iterator[tuple[str, str]]:
    """Yield the lab's alarms that have gone off; those of scaling policies, which scale, are left out."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{catalog.NAME}-", AlarmTypes=["MetricAlarm"]
    )
    found = [each for page in pages for each in page["MetricAlarms"]]
    for alarm in (each for each in found if each["StateValue"] == "ALARM"):
        yield alarm["AlarmName"], alarm["StateReason"].partition("\n")[0]


def _show_cloud(settings: Settings, console: Console) -> bool:
    state = control.state(settings)
    if state.pid is None:
        left = "; a balancer of a killed daemon still serves" if state.proxies else ""
        console.print(f"The embedded cloud does not run{left}; start it with `make up`.")
        return False
    proxies = ", ".join(map(str, state.proxies)) or "none"
    console.print(f"embedded cloud  pid {state.pid}, balancer pids {proxies}, driver {state.driver}")
    console.print(f"AWS endpoint    {settings.endpoint_url}")
    console.print(f"load balancer   {settings.balancer_url}")
    console.print(f"MLflow          {settings.mlflow_uri}")
    return True


def _services(ecs: Any, elbv2: Any) -> Iterator[tuple[str, ...]]:
    clusters = ecs.describe_clusters(clusters=[catalog.CLUSTER])["clusters"]
    if not any(cluster["status"] == "ACTIVE" for cluster in clusters):
        return
    arns = [
        arn
        for page in ecs.get_paginator("list_services").paginate(cluster=catalog.CLUSTER)
        for arn in page["serviceArns"]
    ]
    for start in range(0, len(arns), 10):
        answer = ecs.describe_services(cluster=catalog.CLUSTER, services=arns[start : start + 10])
        for service in sorted(answer["services"], key=lambda each: str(each["serviceName"])):
            yield (
                service["serviceName"],
                service["taskDefinition"].rpartition(":")[2],
                f"{service['runningCount']} of {service['desiredCount']}",
                ", ".join(_targets(elbv2, service)) or "none",
            )


def _targets(elbv2: Any, service: Mapping[str, Any]) -> Iterator[str]:
    for balancing in service["loadBalancers"]:
        answer = elbv2.describe_target_health(TargetGroupArn=balancing["targetGroupArn"])
        for each in answer["TargetHealthDescriptions"]:
            yield f"{each['Target']['Id']}:{each['Target']['Port']} {each['TargetHealth']['State']}"
