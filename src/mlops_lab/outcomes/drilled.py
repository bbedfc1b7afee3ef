"""What outcome 7.2 must see: an entry for every alarm, and entries whose commands have ended their failure."""

from collections.abc import Iterable

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.drills import run
from mlops_lab.drills.drill import Drilled
from mlops_lab.drills.every import EXCUSED
from mlops_lab.drills.runbook import Entry, entries
from mlops_lab.outcomes.outcome import require
from mlops_lab.outcomes.week2 import ONE_AT_A_TIME
from mlops_lab.progress import silent
from mlops_lab.settings import Settings

AFRESH = ("PortTaken", "StateLocked")  # drills that are quick, and disturb nothing that other checks look at
SCALING = "TargetTracking-"  # alarms of scaling policies, which tell nobody


def runbook_is_proven(settings: Settings) -> str:
    """7.2: every alarm has an entry, every entry a drill that passed with its present text, or a reason for none."""
    written = entries(settings.root / "RUNBOOK.md")
    run.require_complete(written)
    alarms = _alarms(settings)
    text = (settings.root / "RUNBOOK.md").read_text(encoding="utf-8")
    unknown = [name for name in alarms if pattern(name) not in text]
    require(
        bool(alarms) and not unknown, f"alarms without an entry: {', '.join(unknown) or 'there is no alarm at all'}"
    )
    with ONE_AT_A_TIME:
        for name in AFRESH:
            (held,) = run.run(settings, name, silent)
            require(held.passed, f"{name}: {held.failure}")
    found = run.read(settings)
    wanting = [_wanting(entry, found.get(name)) for name, entry in written.items() if name not in EXCUSED]
    missing = [each for each in wanting if each]
    require(not missing, f"{len(missing)} entries are not proven, such as {'; '.join(missing[:3])}; run `make drills`")
    proven = [found[name] for name in written if name not in EXCUSED]
    commands = sum(len(each.commands) for each in proven)
    return (
        f"{len(alarms)} alarms, {len(written)} entries: {len(proven)} proven by {commands} commands of their own, "
        f"{', '.join(AFRESH)} just now; not drilled, with the reason: {', '.join(EXCUSED)}"
    )


def pattern(alarm: str) -> str:
    """Return an alarm's name as the RUNBOOK writes it, with <project> and <track>. Pure."""
    rest = alarm.removeprefix(f"{catalog.NAME}-")
    for track in catalog.TRACKS:
        _, found, after = rest.partition(f"-{track}-")
        if found:
            return f"{catalog.NAME}-<project>-<track>-{after}"
    project, _, after = rest.partition("-")
    return alarm if project == "balancer" else f"{catalog.NAME}-<project>-{after}"


def _wanting(entry: Entry, held: Drilled | None) -> str:
    if held is None:
        return f"{entry.name} was not drilled"
    if held.sha256 != entry.sha256:
        return f"{entry.name} was changed since it was drilled"
    return "" if held.passed else f"{entry.name}: {held.failure}"


def _alarms(settings: Settings) -> list[str]:
    with explained(settings):
        pages: Iterable[dict[str, list[dict[str, str]]]] = (
            client(settings, "cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
        )
        names = [each["AlarmName"] for page in pages for each in page["MetricAlarms"]]
    return [name for name in names if not name.startswith(SCALING)]
