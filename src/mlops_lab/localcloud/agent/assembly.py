"""Puts the agent together: the composition root of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.localcloud.agent.access_log import AccessLog
from mlops_lab.localcloud.agent.activities import Activities
from mlops_lab.localcloud.agent.alarm_watch import AlarmWatch
from mlops_lab.localcloud.agent.balancer import Balancer, Proxies
from mlops_lab.localcloud.agent.clients import AwsAccount
from mlops_lab.localcloud.agent.credentials import CredentialsEndpoint
from mlops_lab.localcloud.agent.health import HealthTable
from mlops_lab.localcloud.agent.invocation import invoke
from mlops_lab.localcloud.agent.ledger import Ledger
from mlops_lab.localcloud.agent.logs import LogShipper
from mlops_lab.localcloud.agent.messenger import Messenger
from mlops_lab.localcloud.agent.meter import Meter
from mlops_lab.localcloud.agent.observation import Json, Task
from mlops_lab.localcloud.agent.reconciler import Parts, Reconciler
from mlops_lab.localcloud.agent.runner import Runner
from mlops_lab.localcloud.agent.scaler import Scaler
from mlops_lab.localcloud.agent.schedules import Schedules
from mlops_lab.localcloud.agent.targets import Targets
from mlops_lab.localcloud.agent.telemetry import Instruments, Telemetry
from mlops_lab.localcloud.agent.usage import UsageMeter
from mlops_lab.localcloud.driver import Driver

SDK_VARIABLES = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EC2_METADATA_DISABLED")


@dataclass(frozen=True)
class Agent:
    """The running parts, in the order in which they start."""

    credentials: CredentialsEndpoint
    health: HealthTable
    messenger: Messenger
    activities: Activities
    reconciler: Reconciler
    telemetry: Telemetry

    def start(self) -> None:
        """Begin to make the control plane true."""
        self.credentials.start()
        self.health.start()
        self.messenger.start()
        self.reconciler.start()
        self.telemetry.start()

    def stop(self, seconds: float) -> None:
        """Stop every task, waiting at most so long, and then the agent."""
        self.telemetry.stop()
        self.reconciler.stop(seconds)
        self.messenger.stop()
        self.health.stop()
        self.credentials.stop()


def assemble(
    state: Path,
    region: str,
    environment: Mapping[str, str],
    driver: Driver,
    proxies: Proxies,
    ports: Mapping[int, int],
    period: int,
) -> Agent:
    """Return an agent, not started.

    Args:
        state: Folder for what the agent must remember over a restart.
        region: AWS region.
        environment: Endpoint and credentials, as the AWS SDKs name the variables.
        driver: What runs the containers.
        proxies: What balances the load.
        ports: A listener's port -> its port on loopback.
        period: Seconds between two data of a metric.
    """
    account = AwsAccount(region, environment)
    credentials = CredentialsEndpoint(state / "credentials.json", lambda task: _role_credentials(account, task))
    logs = LogShipper(driver, account.of_role, account.client("cloudwatch"), state / "log-cursors.json")
    health = HealthTable(lambda: reconciler.wake())
    targets = Targets(account.client("elbv2"), health)
    sdk = {key: environment[key] for key in SDK_VARIABLES if key in environment}

    def injected(task: Task, definition: Json) -> dict[str, str]:
        return sdk | (credentials.environment(task.id) if definition.get("taskRoleArn") else {})

    ecs, drain = account.client("ecs"), targets.drain_seconds
    runner = Runner(driver, ecs, account.of_role, injected, logs.end, drain, state / "volumes")
    balancer = Balancer(account.client("elbv2"), proxies, health, ports)
    schedules = Schedules(
        account.client("scheduler"),
        account.client("cloudwatch"),
        lambda schedule: invoke(schedule, account.of_role),
        state / "schedules.json",
    )
    reconciler = Reconciler(Parts(account.client("ecs"), runner, targets, balancer, logs, schedules))
    activities = Activities(state / "scaling-activities.json")
    logs_of_proxies = {"front": AccessLog(proxies.front.access_log), "back": AccessLog(proxies.back.access_log)}
    ledger = Ledger.open(state / "published.json")
    meter = Meter(account.client, UsageMeter(driver), runner.definition, logs_of_proxies, ledger, period)
    instruments = Instruments(
        meter, AlarmWatch(account.client("cloudwatch")), Scaler(account.client, activities, period)
    )
    telemetry = Telemetry(instruments, period, reconciler.wake)
    return Agent(credentials, health, Messenger(), activities, reconciler, telemetry)


def _role_credentials(account: AwsAccount, task_id: str) -> Json | None:
    """The credentials of a running task's role, or None where there is no such task or role."""
    ecs = account.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        for task in ecs.describe_tasks(cluster=cluster, tasks=[task_id])["tasks"]:
            definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
            role = (task.get("overrides") or {}).get("taskRoleArn") or definition.get("taskRoleArn")
            if role and task["lastStatus"] != "STOPPED":
                return account.credentials(role, task_id)
    return None
