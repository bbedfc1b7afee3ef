"""What is under way when a fault comes: a deploy, a canary, a retraining, a promotion."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from mlops_lab.chaos.faults import PROJECT
from mlops_lab.chaos.invariants import Standing
from mlops_lab.cloud import api
from mlops_lab.errors import LabError
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.retrain import REFUSED
from mlops_lab.settings import Settings

ACT_SECONDS = 240.0


@dataclass(frozen=True)
class Act:
    """A command of the lab."""

    name: str
    command: Callable[[Settings], tuple[str, ...]]
    lead: float  # seconds from its start into its middle
    answers: tuple[str, ...] = ()  # what a failure may say that is an answer and no failure
    mended: tuple[str, ...] | None = None  # what the RUNBOOK says where a canary is left open; else the same once more
    moves: Literal["live", "champion"] | None = None  # what becomes its command's version


@dataclass(frozen=True)
class Done:
    """How an act ended."""

    code: int
    said: str  # the last line
    text: str = ""  # all of it

    @property
    def is_told(self) -> bool:
        """Whether it succeeded, or said in one line why not."""
        return self.code in (0, 1, 2) and "Traceback" not in self.said

    def is_success(self, answers: tuple[str, ...]) -> bool:
        """Whether it succeeded, or gave one of the answers that are no failure."""
        return self.code == 0 or any(each in self.text for each in answers)


@dataclass(frozen=True)
class InCharge:
    """Which versions answer and are champion."""

    live: str
    champion: str


def in_charge(settings: Settings) -> InCharge:
    """Ask the live API and the registry.

    Raises:
        LabError: One of them does not answer, or there is no champion.
    """
    champion = Registry(settings, PROJECT).aliased(CHAMPION)
    if champion is None:
        raise LabError(f"{PROJECT} has no champion; `make retrain PROJECT={PROJECT}` makes one.")
    return InCharge(str(api.metadata(settings, PROJECT)["version"]), champion.version)


def meant(before: InCharge, act: Act | None, command: tuple[str, ...]) -> Standing:
    """Return what must be so in the end: what was before, but for what the act moves, and no canary. Pure."""
    after = replace(before, **{act.moves: command[-1]}) if act and act.moves else before
    return Standing(after.live, after.champion, canary_weight=0, recorded_weight=0, open_canary=False, canary_tasks=0)


def restore(settings: Settings, before: InCharge) -> list[Done]:
    """Put the versions back in charge that were; return how the commands ended that it took."""
    now = in_charge(settings)
    commands = list[tuple[str, ...]]()
    if now.champion != before.champion:
        commands.append(("promote", PROJECT, "--why", "chaos is over", "--version", before.champion))
    if now.live != before.live:
        commands.append(("deploy", PROJECT, "--version", before.live))
    return [end(start(settings, each)) for each in commands]


def deploy(settings: Settings) -> tuple[str, ...]:
    """Deploy the other one of the two newest versions."""
    return "deploy", PROJECT, "--version", _other(settings, in_charge(settings).live)


def promote(settings: Settings) -> tuple[str, ...]:
    """Promote the other one of the two newest versions."""
    return "promote", PROJECT, "--why", "chaos", "--version", _other(settings, in_charge(settings).champion)


def _other(settings: Settings, version: str) -> str:
    known = [each.version for each in Registry(settings, PROJECT).versions()]
    if len(known) < 2:
        raise LabError(f"{PROJECT} has {len(known)} published versions and chaos needs two; `make retrain` adds one.")
    return next(each for each in known if each != version)


ACTS = (
    Act("deploy", deploy, 1.0, moves="live"),
    Act(
        "canary",
        lambda settings: ("canary", PROJECT, "--rehearse", "--seconds", "10"),
        6.0,
        answers=(": rolled back: ",),
        mended=("rollback", PROJECT, "--why", "chaos"),
    ),
    Act("retraining", lambda settings: ("retrain-task", PROJECT, "--size", "20000"), 6.0, answers=(REFUSED,)),
    Act("promotion", promote, 1.0, moves="champion"),
)


def start(settings: Settings, command: tuple[str, ...]) -> "subprocess.Popen[str]":
    """Start a command of the lab beside this one."""
    return subprocess.Popen(
        [str(Path(sys.prefix) / "bin" / "mlops-lab"), *command],
        cwd=settings.root,
        env=settings.child_environment(**settings.exported),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> Done:
    """Wait for a command, not for ever, and return how it ended."""
    began = time.monotonic()
    try:
        text, _ = process.communicate(timeout=ACT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        text += f"\nit did not end in {time.monotonic() - began:.0f} s"
    if "Traceback" in text:
        return Done(process.returncode, "Traceback: " + text[text.rindex("Traceback") :][-600:])
    lines = [line for line in text.splitlines() if line.strip()]
    return Done(process.returncode, " ".join(lines[-1].split()) if lines else "", " ".join(text.split()))
