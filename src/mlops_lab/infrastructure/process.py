"""One Terraform process: streamed into a log, read as it runs, its failure told in one line."""

import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.infrastructure.transcript import Changes, Transcript
from mlops_lab.progress import Say, silent

ADVICE = {
    "Error acquiring the state lock": "another Terraform run holds it: let it end, or `terraform force-unlock` its id",
    "BucketNotEmpty": "set force_destroy = true in infra/environments, apply, then destroy",
    "RepositoryNotEmptyException": "set force_destroy = true in infra/environments, apply, then destroy",
}


@dataclass(frozen=True)
class Process:
    """How Terraform is called for one module."""

    binary: Path
    module: Path
    environment: Mapping[str, str]
    log: Callable[[str], Path]
    say: Say = silent

    def stream(
        self, command: str, *arguments: str, accepted: Collection[int] = (0,), planned: Changes | None = None
    ) -> tuple[int, Transcript]:
        """Run a command that prints JSON events; return its exit code and what it told.

        A plan that is carried out does not say again how much it changes: `planned` does.

        Raises:
            LabError: The exit code is not an accepted one; the message quotes Terraform and names the log.
        """
        transcript, log = Transcript(planned or Changes()), self.log(command)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as file, self._start(command, "-json", *arguments) as process:
            assert process.stdout is not None
            for line in process.stdout:
                file.write(line)
                file.flush()
                if said := transcript.read(line):
                    self.say(said)
            code = process.wait()
        if code not in accepted:
            raise LabError(failure(command, transcript.errors, log))
        return code, transcript

    def capture(self, command: str, *arguments: str, accepted: Collection[int] = (0,)) -> str:
        """Run a command and return what it prints.

        Raises:
            LabError: The command failed; the message quotes Terraform and names the log.
        """
        log = self.log(command)
        log.parent.mkdir(parents=True, exist_ok=True)
        answer = subprocess.run(
            [str(self.binary), command, *arguments],
            cwd=self.module,
            env=dict(self.environment),
            capture_output=True,
            text=True,
        )
        if answer.returncode not in accepted:
            log.write_text(answer.stdout + answer.stderr)
            raise LabError(failure(command, quoted(answer.stdout + answer.stderr), log))
        return answer.stdout

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(self.binary), *arguments],
            cwd=self.module,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def quoted(text: str) -> list[str]:
    """Find Terraform's error lines in what it printed for people."""
    lines = [line.strip("│╷╵ \n") for line in text.splitlines()]
    return [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]


def failure(command: str, errors: list[str], log: Path) -> str:
    """Tell a failure in one line: Terraform's first error, what to do where it is known, and the log."""
    first = errors[0] if errors else "it ended without an error message"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    advice = next((f"; {text}" for sign, text in ADVICE.items() if any(sign in each for each in errors)), "")
    return f"terraform {command} failed: {first[:400].rstrip('.')}{more}{advice}; see {log}"
