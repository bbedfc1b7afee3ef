"""Takes from a lab that is up what the site shows of it, so that the site can be built without one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.errors import LabError
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.pipeline.cost import monthly_bill
from mlops_lab.pipeline.prices import US_EAST_1
from mlops_lab.pipeline.resources import Json, read
from mlops_lab.progress import Say
from mlops_lab.registry import history
from mlops_lab.registry.promotion import history as promotions
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.reporting.dashboard.snapshot import snapshot
from mlops_lab.reporting.model_card import card
from mlops_lab.reporting.site.architecture_record import reduced
from mlops_lab.reporting.site.records import Kept, write
from mlops_lab.settings import Settings

BACK = timedelta(minutes=15)  # that a recorded dashboard shows


def record(settings: Settings, reports: Path, say: Say) -> None:
    """Record model cards, dashboards, cost, architecture and canaries of the target.

    Raises:
        LabError: Terraform, MLflow, S3 or CloudWatch cannot be used.
    """
    kept = Kept(reports)
    for name in projects.names():
        found = model_card(settings, name)
        said = f"written: {write(kept.models / f'{name}.json', found)}" if found else f"{name} has no champion yet"
        say(said)
        picture = kept.dashboards / f"{catalog.dashboard(name)}.png"
        snapshot(settings, catalog.dashboard(name), picture, BACK)
        say(f"written: {picture}")
    state = Terraform(settings).show_json()
    say(f"written: {write(kept.cost, cost(state))}")
    say(f"written: {write(kept.architecture, reduced(state))}")
    for document in _canaries(settings):
        say(f"written: {write(kept.canaries / canary_file(document), document)}")


def model_card(settings: Settings, name: str) -> Json:
    """Return the card of a project's champion; empty where there is none.

    Raises:
        LabError: Its bundle is not what was registered, or MLflow or S3 cannot be used.
    """
    registry = Registry(settings, name)
    champion = registry.aliased(CHAMPION)
    if champion is None:
        return {}
    run = next((each for each in history.runs(settings, name) if each.id == champion.run_id), None)
    if run is None:
        raise LabError(f"MLflow has no run {champion.run_id} of {name}'s champion; see `make models PROJECT={name}`.")
    with explained(settings):
        stored = history.read_stored(client(settings, "s3"), champion)
    gate, groups = registry.document(run.id, "gate.json"), registry.document(run.id, "groups.json")["groups"]
    return card(projects.get(name), run, stored, gate, groups, promotions(registry.notes()))


def cost(state: Json) -> dict[str, Any]:
    """Price a state by the price list; lines are as the bill has them. Pure."""
    bill = monthly_bill(read(state))
    lines = [{"what": each.what, "amount": each.monthly, "assumption": each.assumption} for each in bill.lines]
    told = {"currency": "USD", "region": US_EAST_1.region, "recorded": US_EAST_1.recorded}
    return {**told, "total": bill.total, "lines": lines, "unknown": list(bill.unknown)}


def canary_file(document: Json) -> str:
    """Name the file of a canary's record; it sorts by time, and any file system takes it. Pure."""
    return f"{document['opened']}-{document['project']}-{document['version']}.json".replace(":", "")


def _canaries(settings: Settings) -> Iterator[Json]:
    with explained(settings):
        s3, bucket = client(settings, "s3"), catalog.predictions_bucket(account(settings))
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=catalog.CANARIES):
            for key in (item["Key"] for item in page.get("Contents", []) if "/records/" in item["Key"]):
                yield json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
