"""Reads what `terraform ... -json` prints: what will change, what is done, what went wrong. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERBS = {"create": "created", "delete": "destroyed", "update": "changed", "replace": "replaced", "read": "read"}
SLOW_SECONDS = 5


@dataclass(frozen=True)
class Changes:
    """What a plan would change, or an apply has changed: numbers of resources."""

    add: int = 0
    change: int = 0
    remove: int = 0

    @property
    def total(self) -> int:
        """Resources that change."""
        return self.add + self.change + self.remove

    def __str__(self) -> str:
        """Say it as Terraform does."""
        return f"{self.add} to add, {self.change} to change, {self.remove} to destroy" if self.total else "no changes"


@dataclass
class Transcript:
    """What has been read so far."""

    changes: Changes = field(default_factory=Changes)
    actions: list[str] = field(default_factory=list)  # "create aws_lb.this", in the plan's order
    errors: list[str] = field(default_factory=list)  # "summary: first line of the detail"
    done: int = 0

    def read(self, line: str) -> str | None:
        """Take one line; return what is worth saying about it, if anything."""
        try:
            event = json.loads(line)
        except ValueError:
            return None
        handler = _HANDLERS.get(event.get("type", "")) if isinstance(event, dict) else None
        return handler(self, event) if handler else None

    def _planned(self, event: Mapping[str, Any]) -> None:
        change = event["change"]
        self.actions.append(f"{change['action']} {change['resource']['addr']}")

    def _summary(self, event: Mapping[str, Any]) -> str | None:
        counts = event["changes"]
        self.changes = Changes(counts["add"], counts["change"], counts["remove"])
        return f"plan: {self.changes}" if counts["operation"] == "plan" else None

    def _complete(self, event: Mapping[str, Any]) -> str | None:
        hook = event["hook"]
        if hook["action"] not in VERBS or hook["action"] == "read":
            return None
        self.done += 1
        slow = hook.get("elapsed_seconds", 0) >= SLOW_SECONDS
        if not slow and self.done % 10 and self.done != self.changes.total:
            return None
        seconds = f" in {hook['elapsed_seconds']} s" if slow else ""
        return f"{self.done}/{self.changes.total} {hook['resource']['addr']} {VERBS[hook['action']]}{seconds}"

    def _diagnostic(self, event: Mapping[str, Any]) -> None:
        found = event["diagnostic"]
        if found["severity"] == "error":
            self.errors.append(_sentence(found["summary"], found.get("detail", "")))


_HANDLERS = {
    "planned_change": Transcript._planned,
    "change_summary": Transcript._summary,
    "apply_complete": Transcript._complete,
    "diagnostic": Transcript._diagnostic,
}


def _sentence(summary: str, detail: str) -> str:
    first = " ".join(detail.strip().partition("\n\n")[0].split())
    return f"{summary}: {first}" if first else summary
