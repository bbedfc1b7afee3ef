"""Week 2, autoscaling and CloudWatch: what outcomes 2.1 to 2.7 must see."""

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlops_lab import catalog, projects
from mlops_lab.cloud import alarms, api, metrics, scaling
from mlops_lab.cloud.session import client
from mlops_lab.delivery.release import release
from mlops_lab.delivery.repository import Repository
from mlops_lab.errors import LabError
from mlops_lab.infrastructure import documentation
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.load import record
from mlops_lab.load.casualty import stop_a_task
from mlops_lab.load.experiment import BAD
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.outcomes.outcome import Outcome, Result, require
from mlops_lab.progress import silent
from mlops_lab.reporting import scaling_chart, scaling_findings
from mlops_lab.reporting.dashboard.snapshot import snapshot
from mlops_lab.reporting.dashboard.view import Panel
from mlops_lab.reporting.dashboard.widget import MetricWidget
from mlops_lab.reporting.picture import save
from mlops_lab.settings import Settings

PROJECT = "income"
ONE_AT_A_TIME = threading.Lock()  # checks run side by side, and load of one would be seen by another
TRACKED = {"ECSServiceAverageCPUUtilization", "ALBRequestCountPerTarget"}
WIDGETS = ("CPU", "Memory", "Requests", "Latency", "4xx", "Healthy hosts")
RECENT_PERIODS = 6
VERSION = "v1.0-infra"


def service_scales_between_one_and_three(settings: Settings) -> str:
    """2.1: the scalable target's bounds, and target tracking on CPU and on requests for each target."""
    seen = []
    for project in projects.names():
        bounds = scaling.bounds(settings, project)
        require(
            (bounds.minimum, bounds.maximum) == (1, 3), f"{project} scales from {bounds.minimum} to {bounds.maximum}"
        )
        policies = {each.metric: each.target for each in scaling.policies(settings, project)}
        require(policies.keys() >= TRACKED, f"{project} tracks {sorted(policies)}")
        kept = ", ".join(f"{metric} at {target:g}" for metric, target in sorted(policies.items()))
        seen.append(f"{project}: 1 to 3 tasks, {kept}")
    return "; ".join(seen)


def a_stopped_task_costs_its_requests_in_flight(settings: Settings) -> str:
    """2.2: the balancer's address answers, and a task that is stopped under load leaves rotation and is replaced."""
    version = api.predict_example(settings, PROJECT)["model_version"]
    with ONE_AT_A_TIME:
        seen = stop_a_task(settings, PROJECT)
    failed = f"{seen.summary.failed} of {seen.summary.offered} requests failed ({dict(seen.summary.errors)})"
    require(seen.summary.succeeded > 0, failed)
    require(seen.summary.failed <= seen.in_flight, f"{failed}; at most {seen.in_flight} can have been in flight on it")
    return (
        f"{api.base_url(settings)}/{PROJECT}/predict answers with version {version}; a task stopped under load was "
        f"replaced in {seen.replaced_seconds:.0f} s: {failed}"
    )


def dashboard_is_live(settings: Settings) -> str:
    """2.3: every widget has data of the last minutes, and the dashboard is rendered as a picture."""
    period = settings.metric_period
    path = _picture(settings, "dashboard")
    with ONE_AT_A_TIME:
        target = aim(settings, PROJECT)
        offer(target, constant(5, period))
        offer(replace(target, bodies=[BAD]), constant(1, 3))
        time.sleep(2 * period)  # until the data of this load are published
    view = snapshot(settings, catalog.dashboard(PROJECT), path, timedelta(seconds=RECENT_PERIODS * period))
    points = {panel.widget.title: _points(panel) for panel in view.panels if isinstance(panel.widget, MetricWidget)}
    silent = [title for title in WIDGETS if not any(key.startswith(title) and count for key, count in points.items())]
    require(not silent, f"no data of the last {RECENT_PERIODS} periods in {', '.join(silent)}; there are {points}")
    shown = ", ".join(f"{title}: {count}" for title, count in points.items())
    span = f"data points of the last {RECENT_PERIODS * period} s"
    return f"{view.name}, {span}: {shown} (no 5xx: no data); {_shown(path, settings)}"


def alarms_are_evaluated_and_act(settings: Settings) -> str:
    """2.4: alarms of CPU and memory exist, are evaluated, and have an action that exists."""
    cloudwatch, sns = client(settings, "cloudwatch"), client(settings, "sns")
    names = [f"{catalog.service(PROJECT)}-{kind}" for kind in ("cpu", "memory")]
    found = {each["AlarmName"]: each for each in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]}
    require(found.keys() == set(names), f"of {names} there are {sorted(found)}")
    for name, alarm in found.items():
        require(alarm["StateValue"] != "INSUFFICIENT_DATA", f"{name} is INSUFFICIENT_DATA: {alarm['StateReason']}")
        require(alarm["ActionsEnabled"] and alarm["AlarmActions"], f"{name} has no action")
        for topic in alarm["AlarmActions"]:
            sns.get_topic_attributes(TopicArn=topic)
    now = datetime.now(UTC)
    series = metrics.read(settings, PROJECT, now - timedelta(seconds=RECENT_PERIODS * settings.metric_period), now)
    require(series["cpu"].points and series["memory"].points, "there are no data that the alarms could be evaluated on")
    used = f"CPU {series['cpu'].values[-1]:.1f} %, memory {series['memory'].values[-1]:.1f} %"
    executed = [each for each in alarms.actions(settings, now - timedelta(days=1), now) if each.succeeded]
    last = f"; last action: {executed[-1].alarm} at {executed[-1].moment:%H:%M:%S} UTC" if executed else ""
    states = ", ".join(f"{name} {alarm['StateValue']} ({alarm['StateReason']})" for name, alarm in found.items())
    return f"{states}; now {used}; actions: {found[names[0]]['AlarmActions'][0]}{last}"


def load_scales_out_and_its_end_scales_in(settings: Settings) -> str:
    """2.5: a recent load run drove 1 -> 3 tasks, its end brought 1 back, no request failed; the timeline is plotted."""
    with ONE_AT_A_TIME:
        seen = record.obtain(settings, PROJECT)
    desired = [each.desired for each in seen.activities]
    require(3 in desired and desired[-1] == 1, f"the desired counts were set to {desired}")
    require(max(seen.series["healthy"].values) == 3, f"healthy tasks were {sorted(set(seen.series['healthy'].values))}")
    require(seen.counts[-1][1:] == (1, 1), f"at the end {seen.counts[-1][2]} of {seen.counts[-1][1]} tasks ran")
    require(not seen.summary.failed, f"{seen.summary.failed} requests failed: {dict(seen.summary.errors)}")
    path = _picture(settings, "scaling")
    save(scaling_chart.draw(seen), path)
    return f"{scaling_findings.told(seen)}; {_shown(path, settings)}"


def infrastructure_is_clean(settings: Settings) -> str:
    """2.6: format, validity, tests; variables typed, described and (but for bools) validated; outputs described."""
    configuration = documentation.read(catalog.Paths(settings.root, settings.state_dir).infra)
    variables, outputs = configuration.blocks("variable"), configuration.blocks("output")
    bare = [name for name, body in variables if not body.get("type") or not body.get("description")]
    free = [name for name, body in variables if body["type"] not in ("bool", "${bool}") and not body.get("validation")]
    silent = [name for name, body in outputs if not body.get("description")]
    require(not bare, f"variables without type or description: {bare}")
    require(not free, f"variables without validation: {free}")
    require(not silent, f"outputs without description: {silent}")
    Terraform(settings).validate()
    return (
        f"fmt, validate and terraform test pass; {len(variables)} variables typed, described, validated; "
        f"{len(outputs)} outputs described"
    )


def release_is_a_baseline(settings: Settings) -> str:
    """2.7: in a clone of the checkout a release is refused where it must be, and otherwise commits and tags."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        clone = Repository(settings.model_copy(update={"root": Path(folder) / "clone"}))
        Repository(settings).run("clone", "--quiet", "--no-tags", str(settings.root), str(clone.root))
        for key, value in (("user.name", "Release check"), ("user.email", "release@example.invalid")):
            clone.run("config", key, value)
        said = [_refused(clone, settings, failing=True)]
        (clone.root / "README.md").write_text("changed\n")
        said.append(_refused(clone, settings))
        clone.run("checkout", "--quiet", "README.md")
        made = _release(clone, settings)
        kind = clone.run("cat-file", "-t", VERSION).strip()
        listed = clone.run("show", "--stat", "--format=%s", f"{VERSION}^{{commit}}")
        said.append(_refused(clone, settings))
        require(kind == "tag" and "CHANGELOG.md" in listed, f"{VERSION} is a {kind} of {listed}")
    return f"in a clone: refused: {' | '.join(said)}; else annotated tag {VERSION} at {made[:12]} with CHANGELOG.md"


def _refused(clone: Repository, settings: Settings, *, failing: bool = False) -> str:
    try:
        made = _release(clone, settings, failing=failing)
    except LabError as refusal:
        return str(refusal)[:90]
    require(False, f"nothing refused the release {made}")
    return ""


def _release(clone: Repository, settings: Settings, *, failing: bool = False) -> str:
    """Release in the clone; its outcomes are stated, since verifying them here would run this check again."""

    def stated(_: Settings, weeks: Sequence[int]) -> list[Result]:
        held = [Result(f"{week}.{number}", "stated", "pass", 0.0, "stated") for week in weeks for number in range(1, 8)]
        return [replace(held[0], status="fail", evidence="stated to fail"), *held[1:]] if failing else held

    here = settings.model_copy(update={"root": clone.root})
    made = release(VERSION, here, dry_run=False, verify=stated, say=silent, repository=clone)
    return made.commit or ""


def _picture(settings: Settings, name: str) -> Path:
    folder = settings.state_dir / "reports" / "week2"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.png"


def _shown(path: Path, settings: Settings) -> str:
    """A file's path as a reader of the results finds it: from the checkout, where it lies in there."""
    return str(path.relative_to(settings.root) if path.is_relative_to(settings.root) else path)


def _points(panel: Panel) -> int:
    return sum(len(each.values) for each in panel.series)


OUTCOMES = (
    Outcome("2.1", "service scales 1-3 tasks", service_scales_between_one_and_three),
    Outcome("2.2", "ALB to ECS verified", a_stopped_task_costs_its_requests_in_flight),
    Outcome("2.3", "dashboard live", dashboard_is_live),
    Outcome("2.4", "alarms visible", alarms_are_evaluated_and_act),
    Outcome("2.5", "autoscaling verified", load_scales_out_and_its_end_scales_in),
    Outcome("2.6", "clean reusable infrastructure", infrastructure_is_clean),
    Outcome("2.7", "versioned IaC baseline", release_is_a_baseline),
)
