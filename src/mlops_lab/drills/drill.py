"""One drill: the failure is made, the entry's commands are run, and what was made is undone whatever happens."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from mlops_lab.drills.runbook import Entry
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

COMMAND_SECONDS = 300.0


@dataclass(frozen=True)
class Scene:
    """Where an entry's commands are run while its failure is there."""

    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None  # another checkout than the lab's own
    names: Mapping[str, str] = field(default_factory=dict)  # text of a command -> what stands for it here


Injection = Callable[[Settings], AbstractContextManager[Scene]]


@dataclass(frozen=True)
class Drill:
    """How an entry's failure is made, and what is to be seen of it."""

    entry: str
    inject: Injection
    shows: str  # regular expression, in what the symptom or the diagnosis prints while the failure is there
    symptom: str = ""  # command that the failure meets first
    gone: str = ""  # regular expression, in what the verification prints
    left_out: Mapping[str, str] = field(default_factory=dict)  # command of the entry -> why it is not run
    lasting: bool = False  # logs go on showing what was: nothing is asked of them before the failure
    refusable: tuple[str, ...] = ()  # commands whose failure is an answer, too: the gate refuses an equal model
    settled: Callable[[Settings], None] | None = None  # waits until the failure is over


@dataclass(frozen=True)
class Drilled:
    """What came of a drill."""

    entry: str
    sha256: str  # of the entry's text
    passed: bool
    failure: str  # why not
    commands: tuple[str, ...]  # that were run while the failure was there or to end it
    left_out: Mapping[str, str]
    seconds: float


class _Failed(Exception):  # noqa: N818
    """The entry does not hold."""


def drill(settings: Settings, entry: Entry, each: Drill) -> Drilled:
    """Make a failure and run its entry's commands in order; the failure is undone at the end.

    The failure has to be seen while it is there, and not before; mitigation and verification have to succeed.
    """
    began, run = time.monotonic(), list[str]()
    shell = Shell(settings, each, run)
    try:
        _play(settings, entry, each, shell)
    except (_Failed, LabError, subprocess.TimeoutExpired) as error:
        failure = str(error)
    else:
        failure = ""
    seconds = round(time.monotonic() - began, 1)
    return Drilled(entry.name, entry.sha256, not failure, failure, tuple(run), each.left_out, seconds)


@dataclass
class Shell:
    """Runs an entry's commands as a reader would paste them."""

    settings: Settings
    drill: Drill
    ran: list[str]
    scene: Scene = field(default_factory=Scene)
    exports: list[str] = field(default_factory=list)  # of the commands so far, as a reader's shell keeps them

    def lines(self, commands: Iterable[str], must: bool) -> str:
        """Run commands in one shell each and return what they print; exports hold for those that follow.

        Raises:
            _Failed: One that must succeed did not.
        """
        printed = ""
        for command in (each for each in commands if each not in self.drill.left_out):
            if command.startswith("export "):
                self.exports.append(self.spelt(command))
                continue
            code, text = self.run("\n".join([*self.exports, self.spelt(command)]))
            self.ran.append(command)
            printed += text
            if must and code and command not in self.drill.refusable:
                raise _Failed(f"`{command}` ended with {code}: {' '.join(text.split())[-300:]}")
        return printed

    def run(self, text: str) -> tuple[int, str]:
        """Run a script; return its exit code and what it printed."""
        environment = self.settings.child_environment(**self.settings.exported)
        environment |= {"VIRTUAL_ENV": sys.prefix, "COLUMNS": "200", **self.scene.environment}
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=self.scene.folder or self.settings.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def spelt(self, command: str) -> str:
        """Return a command for this lab: its state, its balancer, its target, and the names that the failure gave."""
        here: dict[str, str] = {
            ".lab/": f"{self.settings.state_dir}/",
            "http://127.0.0.1:8080": str(self.settings.balancer_url),
            "make dashboard": f"make dashboard PNG={self.settings.state_dir}/drill.png",  # a page would wait for Ctrl-C
        }
        for written, meant in {**here, " TARGET=aws": "", **self.scene.names}.items():
            command = command.replace(written, meant)
        return command


def _play(settings: Settings, entry: Entry, each: Drill, shell: Shell) -> None:
    looks = [each.symptom] * bool(each.symptom) + list(entry.commands["Diagnosis"])
    if not each.lasting and re.search(each.shows, shell.lines(looks, must=False)):
        raise _Failed(f"{each.shows!r} is seen before the failure is made")
    shell.ran.clear()
    with each.inject(settings) as scene:
        shell.scene = scene
        seen = shell.lines(looks, must=False)
        if not re.search(each.shows, seen):
            raise _Failed(f"{each.shows!r} is not seen while the failure is there: {' '.join(seen.split())[-300:]}")
        shell.lines(entry.commands["Mitigation"], must=True)
        if each.settled:
            each.settled(settings)
        over = shell.lines(entry.commands["Verify"], must=True)
        if not re.search(each.gone, over):
            raise _Failed(f"{each.gone!r} is not seen afterwards: {' '.join(over.split())[-300:]}")
