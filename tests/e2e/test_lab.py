"""What a newcomer ends with after one command, and what it survives; the tests share one lab, the last destroys it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import DEMO_SECONDS, Lab

from mlops_lab import catalog, projects
from mlops_lab.cloud import api
from mlops_lab.cloud.notices import Notice, subscribed
from mlops_lab.data import predictions
from mlops_lab.delivery.canary.state import records
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.delivery.repository import Repository
from mlops_lab.delivery.rotation import rotate
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.load.summary import Summary
from mlops_lab.localcloud import control
from mlops_lab.serving.fingerprint import fingerprint

ROW = dict(projects.get("income").example)


def until(condition: Callable[[], object], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return seen


def answers(lab: Lab, key: str | None = None) -> bool:
    try:
        return lab.post({"instances": [ROW]}, key).is_success
    except httpx.HTTPError:
        return False


def test_the_demo_ends_in_a_prediction_and_says_what_next(lab: Lab):
    assert '"probability"' in lab.said
    assert "7 of 7 outcomes hold" in lab.said
    assert "make predict" in lab.said


def test_every_outcome_of_week_1_passes_with_evidence(lab: Lab):
    rows = {key: row for key, row in lab.outcomes.items() if key.startswith("1.")}
    assert {key: row["status"] for key, row in rows.items()} == {f"1.{n}": "pass" for n in range(1, 8)}
    assert all(row["evidence"] for row in rows.values())


def test_a_second_demo_trains_pushes_and_changes_nothing(lab: Lab):
    again = lab.run("demo", timeout=DEMO_SECONDS)

    assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-2000:]
    said = " ".join(again.stdout.split())
    assert "version 1 is the champion and stays" in said
    assert said.count("terraform plan: no changes") == 2
    assert "no source changed since)" in said
    assert not re.search(r"train: done|pushing|registered mlops-lab|to add", said)


def test_a_prediction_names_version_and_request(lab: Lab):
    answer = lab.post({"instances": [ROW, ROW]})

    body = answer.json()
    assert len(body["predictions"]) == 2
    assert body["model_version"] == "1"
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_without_the_key_there_is_no_prediction(lab: Lab, key: str):
    assert lab.post({"instances": [ROW]}, key).status_code == 401


def test_a_malformed_request_is_told_field_value_and_rule(lab: Lab):
    answer = lab.post({"instances": [ROW | {"age": -5}]})

    assert answer.status_code == 422
    assert "age" in answer.text
    assert "-5" in answer.text


def test_the_names_that_terraform_gave_are_the_catalogue_s(lab: Lab):
    outputs = json.loads(lab.run("outputs").stdout)

    said = json.dumps(outputs)
    names = [catalog.CLUSTER, catalog.API_KEY_PARAMETER, *projects.repositories().values(), catalog.log_group("income")]
    names += [catalog.models_bucket("123456789012"), catalog.predictions_bucket("123456789012")]
    assert [name for name in names if name not in said] == []


def test_a_deploy_is_no_change_for_terraform(lab: Lab):
    assert "no changes" in lab.run("plan").stdout.lower()


def test_no_secret_is_in_terraform_s_state_or_the_logs(lab: Lab):
    key = lab.client("ssm").get_parameter(Name=catalog.API_KEY_PARAMETER, WithDecryption=True)["Parameter"]["Value"]
    bucket = catalog.state_bucket("123456789012")
    state = lab.client("s3").get_object(Bucket=bucket, Key=catalog.STATE_KEY)["Body"].read().decode()

    assert catalog.API_KEY_PARAMETER in state
    assert key not in state
    assert [str(path) for path in lab.settings.state_dir.glob("logs/*") if key in path.read_text()] == []


def test_week_2_drives_three_tasks_and_one_again_and_every_outcome_passes_with_evidence(lab: Lab):
    run = lab.run("week", "2", timeout=1200)

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    rows = {key: row for key, row in lab.outcomes.items() if key.startswith("2.")}
    assert {key: row["status"] for key, row in rows.items()} == {f"2.{n}": "pass" for n in range(1, 8)}
    assert "tasks 1 -> 3 -> 1, 0 of " in rows["2.5"]["evidence"]
    assert (lab.settings.root / "reports" / "week2" / "week2_autoscaling.html").is_file()


def test_week_4_serves_a_second_project_beside_the_first_and_its_outcomes_hold(lab: Lab):
    run = lab.run("week", "4", timeout=900)

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    rows = {key: row for key, row in lab.outcomes.items() if key.startswith("4.")}
    image = "pass" if lab.outcomes["4.4"]["evidence"].startswith("mlops-api-2:") else "not applicable"
    expected = {f"4.{n}": "pass" for n in range(1, 8)} | {"4.4": image}
    assert {key: row["status"] for key, row in rows.items()} == expected
    assert "(0 " not in rows["4.6"]["evidence"]
    assert answers(lab)
    assert '"minutes"' in lab.run("predict", "taxi").stdout
    assert (lab.settings.root / "reports" / "week4" / "week4_second_project.html").is_file()


def test_the_loop_repairs_what_april_2020_broke_and_a_second_run_changes_nothing(lab: Lab):
    months = ("loop", "taxi", "--from", "2020-04", "--to", "2020-05", "--speed", "2000000")

    first = lab.run(*months, timeout=600)
    again = lab.run(*months)

    assert first.returncode == again.returncode == 0, first.stdout[-3000:] + first.stderr[-2000:]
    row = r" +([\d,]+) +version (\d) +([\d.]+) +(\w[\w ]*?)  "
    april, may = (re.search(month + row, first.stdout) for month in ("2020-04", "2020-05"))
    assert april is not None
    assert may is not None
    assert april[4] == "damage"
    assert (april[2], may[2]) == ("1", "2")
    assert float(april[3]) > 5 > 4.2 > float(may[3])
    assert first.stdout[first.stdout.rindex(" month ") :] == again.stdout[again.stdout.rindex(" month ") :]
    logged = predictions.read(lab.settings, "taxi", datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))
    assert logged["request_id"].str.startswith("loop-2020-04-").sum() == 10_000


def test_a_notebook_is_told_the_months_that_it_reports_on(lab: Lab):
    done = lab.run("report", "5", "first=2020-04", "last=2020-05")
    refused = lab.run("report", "5", "frist=2020-04")

    assert done.returncode == 0, done.stderr[-2000:]
    executed = json.loads((lab.settings.root / "reports" / "week5" / "week5_monitoring.ipynb").read_text())
    told = executed["metadata"]["papermill"]["parameters"]
    assert (told["first"], told["last"]) == ("2020-04", "2020-05")
    outputs = json.dumps([cell.get("outputs") for cell in executed["cells"]])
    assert "2020-05" in outputs
    assert "2020-06" not in outputs
    assert refused.returncode == 1
    assert "frist is not a parameter of week5_monitoring.ipynb; it has project_name, first, last" in refused.stderr


def test_a_subscriber_is_told_when_an_alarm_goes_off(lab: Lab):
    received: list[Notice] = []

    with subscribed(lab.settings, received.append):
        for state in ("ALARM", "OK"):
            lab.client("cloudwatch").set_alarm_state(
                AlarmName=f"{catalog.service('taxi', 'canary')}-errors", StateValue=state, StateReason="the test"
            )
        until(lambda: len(received) >= 2)

    assert [notice.told.partition(": the test")[0] for notice in received[:2]] == [
        "mlops-lab-taxi-canary-errors: OK -> ALARM",
        "mlops-lab-taxi-canary-errors: ALARM -> OK",
    ]
    assert lab.client("sns").list_subscriptions()["Subscriptions"] == []


def test_the_dashboard_is_written_as_a_picture(lab: Lab):
    picture = lab.settings.state_dir / "dashboard.png"

    run = lab.run("dashboard", "income", "--png", str(picture))

    assert run.returncode == 0, run.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_load_is_offered_and_summed_up(lab: Lab):
    run = lab.run("load", "income", "--profile", "20:3", "--varied")

    assert run.returncode == 0, run.stderr
    assert re.search(r"\b60 requests\b", run.stdout), run.stdout


def test_the_notebooks_run_as_they_stand(lab: Lab):
    # Those of weeks 5 to 7 tell of what their targets do first: six months of the loop, canaries, records.
    books = (lab.settings.root / "notebooks").glob("week[1-4]*.ipynb")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", *sorted(map(str, books))],
        cwd=lab.settings.root,
        env=lab.environment | {"LAB_ROOT": str(lab.settings.root)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-3000:]
    assert re.search(r"\d+ passed", run.stdout)


def test_the_report_is_written(lab: Lab):
    run = lab.run("report", "1")

    assert run.returncode == 0, run.stderr
    (page,) = (lab.settings.root / "reports" / "week1").glob("*.html")
    assert "monthly" in page.read_text().lower()


def test_a_commit_is_trained_and_deployed_by_the_workflow_files_themselves(lab: Lab):
    before = api.metadata(lab.settings, "income")["version"]

    trained = lab.run("workflow", "train", "--input", "project=income", timeout=600)
    deployed = lab.run("workflow", "deploy", "--input", "project=income")

    assert trained.returncode == 0, trained.stdout[-4000:] + trained.stderr[-2000:]
    assert "object version of manifest.json" in trained.stdout
    assert deployed.returncode == 0, deployed.stdout[-4000:] + deployed.stderr[-2000:]
    live = api.metadata(lab.settings, "income")
    assert int(live["version"]) > int(before)
    assert live["commit"] == Repository(lab.settings).head()
    lab.run("verify", "--week", "3")
    rows = {key: row["status"] for key, row in lab.outcomes.items() if key in ("3.4", "3.5", "3.6", "3.7")}
    assert rows == dict.fromkeys(("3.4", "3.5", "3.6", "3.7"), "pass")


def test_status_shows_the_service_and_its_healthy_target(lab: Lab):
    said = lab.run("status").stdout

    assert re.search(r"mlops-lab-income-stable +\d+ +1 of 1 +127\.0\.0\.1:\d+ healthy", said)


def test_logs_are_read_back_from_cloudwatch(lab: Lab):
    assert '"event": "ready"' in lab.run("logs", "income").stdout


def test_a_bad_canary_is_rolled_back_by_itself_and_clients_lose_at_most_the_bound(lab: Lab):
    before = lab.run("models", "income").stdout

    done = lab.run("canary", "income", "--fault", "errors", "--load", "25")

    (last,) = [each for each in records(lab.settings, "income") if each.fault][-1:]
    assert (done.returncode, last.phase) == (1, "rolled back"), done.stdout[-3000:] + done.stderr
    assert "5xx" in last.reason or last.reason == "alarm mlops-lab-income-canary-errors"  # whichever is first
    assert last.failures is not None
    assert last.failures.clients is not None
    assert 0 < last.failures.clients.failed <= last.failures.clients.bound < last.failures.clients.offered
    assert lab.run("models", "income").stdout == before


def test_a_canary_whose_controller_is_killed_is_taken_back_by_rollback(lab: Lab):
    split = TrafficSplit(lab.client("elbv2"), "income")
    command = [sys.executable, "-c", "from mlops_lab.cli import main; main()", "canary", "income", "--rehearse"]
    with subprocess.Popen(command, cwd=lab.settings.root, env=lab.environment, stdout=subprocess.DEVNULL) as controller:
        until(lambda: split.read() == 50)
        controller.kill()

    done = lab.run("rollback", "income", "--why", "killed")

    assert (done.returncode, split.read()) == (0, 0), done.stderr
    assert "A canary was open and is rolled back" in done.stdout
    assert records(lab.settings, "income")[-1].reason == "killed"


@pytest.mark.parametrize("chosen", [("log-disk-full",), ("task", "--during", "canary")], ids=" ".join)
def test_what_must_hold_holds_while_something_fails_under_load(lab: Lab, chosen: tuple[str, ...]):
    done = lab.run("chaos", *chosen, timeout=600)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    (found,) = json.loads((lab.settings.state_dir / "chaos.json").read_text())["experiments"]
    assert (found["fault"], found["during"]) == (chosen[0], "".join(chosen[2:]))
    assert (found["holds"], found["broken"]) == (True, [])
    assert found["requests"] > 100
    assert found["met"] > 0
    assert (found["failed"] > 0, found["shed"] > 0) == (chosen[0] == "task", chosen[0] == "log-disk-full")
    assert "no changes" in lab.run("plan").stdout.lower()


def test_every_role_used_what_it_may_or_has_a_reason_and_nothing_was_refused(lab: Lab):
    done = lab.run("iam-review", "--run", timeout=600)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "0 kinds of calls were refused; 0 findings" in " ".join(done.stdout.split())


@pytest.mark.parametrize("project", ["income", "taxi"])
def test_the_reports_that_their_schedules_have_just_made_are_fetched(lab: Lab, project: str):
    fetched = lab.run("reports", project)

    assert fetched.returncode == 0, fetched.stderr
    (page,) = Path(fetched.stdout.rpartition("fetched: ")[2].strip()).glob("*.html")
    assert page.parent.parent.parent.name == f"project={project}"
    assert not page.parent.name.endswith("-failed")
    assert "<table" in page.read_text()


def test_cost_is_told_by_service_tag_layout_and_prediction(lab: Lab):
    done = lab.run("cost")

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = " ".join(done.stdout.split())
    for part in ("tag Service", "By network layout", "income: 1,000 predictions cost", "Anomaly monitor mlops-lab"):
        assert part in said


@pytest.mark.parametrize("entry", ["PortTaken", "ClientErrors"])
def test_an_entry_of_the_runbook_ends_the_failure_that_it_is_for(lab: Lab, entry: str):
    done = lab.run("drills", entry, timeout=600)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"{entry}: passed" in done.stdout


def test_a_second_deploy_of_the_same_version_changes_nothing(lab: Lab):
    families = {"familyPrefix": catalog.service("income"), "status": "ACTIVE"}
    before = lab.client("ecs").list_task_definitions(**families)["taskDefinitionArns"]

    run = lab.run("deploy", "income", "--version", api.metadata(lab.settings, "income")["version"])

    assert run.returncode == 0, run.stderr
    assert lab.client("ecs").list_task_definitions(**families)["taskDefinitionArns"] == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("deploy", "incom"), "PROJECT is 'incom'; use one of"),
        (("deploy", "income", "--version", "99"), "No version 99 of income is published"),
        (("predict", "incom"), "PROJECT is 'incom'; use one of"),
        (("load", "income", "--profile", "fast"), "PROFILE holds 'fast'; use stages RATE:SECONDS"),
        (("rotate", "password"), "SECRET is 'password'; use one of api-key"),
        (("load", "incom"), "PROJECT is 'incom'; use one of"),
        (("dashboard", "incom"), "PROJECT is 'incom'; use one of"),
        (("dashboard", "income", "--png", "x.txt"), "PNG is 'x.txt'; name a file that ends in .png or .svg"),
        (("workflow", "trian"), "NAME is 'trian'; use one of deploy, reports, train"),
        (("workflow", "train", "--input", "week=1"), "has no input 'week'; it takes project, seed, size, search"),
        (("release", "1.0"), "VERSION is '1.0'; use v<major>.<minor>-<milestone>"),
    ],
)
def test_a_user_s_mistake_is_one_line(lab: Lab, command: tuple[str, ...], message: str):
    run = lab.run(*command)

    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_a_killed_retrain_registers_nothing_and_the_next_one_ends_as_ever(lab: Lab):
    before = lab.run("models", "income").stdout
    command = [sys.executable, "-m", "mlops_lab.retrain", "--project", "income"]
    place = {"cwd": lab.settings.root, "env": lab.environment, "text": True}

    with subprocess.Popen(command, stderr=subprocess.PIPE, **place) as run:
        assert run.stderr is not None
        next(line for line in run.stderr if line.startswith("compare with the champion"))
        run.kill()
    killed = lab.run("models", "income").stdout
    again = subprocess.run(command, capture_output=True, check=False, **place)

    assert run.returncode == -signal.SIGKILL
    assert killed == before
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["alias"] == "challenger"


def test_a_retrain_that_is_no_better_is_refused_and_changes_nothing(lab: Lab):
    before, live = lab.run("models", "income").stdout, api.metadata(lab.settings, "income")["version"]

    run = subprocess.run(
        [sys.executable, "-m", "mlops_lab.retrain", "--project", "income", "--size", "5000"],
        cwd=lab.settings.root,
        env=lab.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert re.search(r"The gate refuses this model of income \(.*the champion's \(version 1\)", run.stderr)
    assert "Traceback" not in run.stderr
    assert "champion" in before
    assert lab.run("models", "income").stdout == before
    assert lab.post({"instances": [ROW]}).json()["model_version"] == live


def test_a_key_is_rotated_under_load_without_a_failed_request(lab: Lab):
    old, said, loads = api.api_key(lab.settings), [], []

    with ThreadPoolExecutor(2) as pool:

        def say(line: str) -> None:
            said.append(line)
            if line.startswith("clients read the new key"):
                loads[0][1].set()
                loads.append(offered(lab, pool))

        loads.append(offered(lab, pool))
        done = rotate(lab.settings, "api-key", say)
        loads[1][1].set()
        seen = [summary.result() for summary, _ in loads]

    new = api.api_key(lab.settings)
    assert new != old
    assert [summary.failed for summary in seen] == [0, 0], [summary.errors for summary in seen]
    assert min(summary.succeeded for summary in seen) > 20
    assert (lab.post({"instances": [ROW]}, old).status_code, lab.post({"instances": [ROW]}).status_code) == (401, 200)
    assert (old in repr((said, done)), new in repr((said, done))) == (False, False)
    assert "no changes" in lab.run("plan").stdout.lower()


def offered(lab: Lab, pool: ThreadPoolExecutor) -> "tuple[Future[Summary], threading.Event]":
    """Load with the key that SSM holds now, and what ends it."""
    stop = threading.Event()
    return pool.submit(offer, aim(lab.settings, "income"), constant(20, 120), stop=stop), stop


def test_a_task_says_which_secrets_it_got_by_fingerprint(lab: Lab):
    key = api.api_key(lab.settings)

    said = lab.run("logs", "income").stdout

    assert fingerprint("API_KEY", key) in said
    assert key not in said


def test_the_killed_daemon_the_balancer_and_a_task_come_back_and_nothing_stored_is_lost(lab: Lab):
    ssm = lab.client("ssm")
    ssm.put_parameter(Name="/kept", Value="until the end", Type="String")
    key = api.api_key(lab.settings)

    os.kill(control.state(lab.settings).pid, signal.SIGKILL)
    assert answers(lab, key)
    assert lab.run("up").returncode == 0
    assert ssm.get_parameter(Name="/kept")["Parameter"]["Value"] == "until the end"

    for pid in control.state(lab.settings).proxies:
        os.kill(pid, signal.SIGKILL)
        until(lambda: answers(lab))

    tasks = lab.client("ecs").list_tasks(cluster=catalog.CLUSTER, serviceName=catalog.service("income"))["taskArns"]
    lab.client("ecs").stop_task(cluster=catalog.CLUSTER, task=tasks[0], reason="the test")
    until(lambda: _tasks(lab) and _tasks(lab) != tasks and answers(lab))


def test_a_killed_mlflow_task_is_replaced_and_keeps_its_runs_and_versions(lab: Lab):
    before = _registered(lab)
    ecs, service = lab.client("ecs"), catalog.MLFLOW_SERVICE
    (task,) = ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=service)["taskArns"]

    ecs.stop_task(cluster=catalog.CLUSTER, task=task, reason="the test")

    until(lambda: task not in ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=service)["taskArns"])
    until(lambda: _registered(lab) == before)
    assert before


def test_down_and_up_bring_everything_back(lab: Lab):
    registered = _registered(lab)
    assert lab.run("down").returncode == 0
    assert not answers_at_all(lab)

    assert lab.run("up").returncode == 0

    until(lambda: answers(lab) and _registered(lab) == registered)
    assert registered
    assert "no changes" in lab.run("plan").stdout.lower()


def test_destroy_leaves_nothing(lab: Lab):
    run = lab.run("destroy")

    assert run.returncode == 0, run.stderr
    assert "nothing with the lab's tag is left" in run.stdout
    assert not _has_cluster(lab)


def _tasks(lab: Lab) -> list[str]:
    return lab.client("ecs").list_tasks(cluster=catalog.CLUSTER, serviceName=catalog.service("income"))["taskArns"]


def _registered(lab: Lab) -> list[tuple[str, str]]:
    """Versions of the registry with their runs, as its API tells them; nothing where it does not answer."""
    try:
        answer = httpx.get(f"{lab.settings.mlflow_uri}/api/2.0/mlflow/model-versions/search", timeout=10)
    except httpx.HTTPError:
        return []
    found = answer.json().get("model_versions", []) if answer.is_success else []
    return [(each["version"], each["run_id"]) for each in found]


def _has_cluster(lab: Lab) -> bool:
    found = lab.client("ecs").describe_clusters(clusters=[catalog.CLUSTER])["clusters"]
    return any(cluster["status"] == "ACTIVE" for cluster in found)


def answers_at_all(lab: Lab) -> bool:
    try:
        return httpx.get(f"{lab.settings.balancer_url}/income/health", timeout=2) is not None
    except httpx.HTTPError:
        return False
