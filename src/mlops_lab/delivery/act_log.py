"""What `act` tells of a workflow run: its JSON lines, as lines for people, and what it leaves as the summary."""

import json
import re
from typing import Any

SUMMARY = "Summary - "
STYLE = re.compile(r"\x1b\[[0-9;]*m|\r")  # act gives steps a terminal, and they write in colours


class ActLog:
    """Reads the lines of one run."""

    def __init__(self) -> None:
        self.summary = ""  # Markdown that the steps wrote into GITHUB_STEP_SUMMARY
        self.failed: str | None = None  # the first step that failed
        self._step = ""

    def read(self, line: str) -> str | None:
        """Take in a line and return what a person is told of it, or None."""
        try:
            event = json.loads(line)
        except ValueError:
            return line.rstrip() or None
        if not isinstance(event, dict):
            return line.rstrip()
        return self._told(event)

    def _told(self, event: dict[str, Any]) -> str | None:
        said, step = STYLE.sub("", str(event.get("msg", ""))).rstrip(), str(event.get("step", ""))
        if event.get("raw_output"):
            return f"  {said}"
        if event.get("stepResult") == "failure":
            self.failed = self.failed or step
            return f"  failed: {step}"
        if SUMMARY in said:
            self.summary += said.partition(SUMMARY)[2] + "\n"
            return None
        if event.get("level") in ("error", "fatal"):
            return f"  {said}"
        return self._begun(event, step)

    def _begun(self, event: dict[str, Any], step: str) -> str | None:
        """A step is named once, when it begins; act tells its parts too."""
        if event.get("stage") != "Main" or not step or step == self._step:
            return None
        self._step = step
        return f"{event.get('jobID', '')}: {step.splitlines()[0]}"
