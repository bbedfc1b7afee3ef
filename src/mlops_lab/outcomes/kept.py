"""An outcome that the checkout alone decides: once it was seen to hold, it holds until one of the sources changes."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from mlops_lab.delivery.context import listing
from mlops_lab.outcomes.outcome import Outcome, Result, run
from mlops_lab.settings import Settings

SOURCES = ("infra", "src", "requirements.lock")


def seen_once(outcome: Outcome, settings: Settings) -> Result:
    """Check an outcome, unless it has held since the sources were last changed; then its evidence says when."""
    path = settings.state_dir / "outcomes" / f"{outcome.id}.json"
    sources = fingerprint(settings.root)
    if path.is_file() and (kept := json.loads(path.read_text()))["sources"] == sources:
        found = Result(**kept["result"])
        return replace(found, seconds=0.0, evidence=f"{found.evidence} (seen {kept['at']}, no source changed since)")
    result = run(outcome, settings)
    path.unlink(missing_ok=True)
    if result.status == "pass":
        path.parent.mkdir(parents=True, exist_ok=True)
        at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        path.write_text(json.dumps({"sources": sources, "at": at, "result": asdict(result)}))
    return result


def fingerprint(root: Path) -> str:
    """Return a hash of the sources: Terraform's configuration, the package, what it is installed with."""
    found = [
        file for name in SOURCES for file in ([root / name] if (root / name).is_file() else (root / name).rglob("*"))
    ]
    files = [each.relative_to(root) for each in found if each.is_file() and "__pycache__" not in each.parts]
    return hashlib.sha256(listing(root, sorted(files))).hexdigest()
