"""Tables and sentences of the week-7 notebook, from what is kept under ``reports/``. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mlops_lab.delivery.release import OUTCOMES
from mlops_lab.reporting.site.front import PLANNED, by_week, key_figures
from mlops_lab.reporting.site.records import Records

WORK: Mapping[int, str] = {
    1: "Terraform, first model, first deploy",
    2: "autoscaling, dashboards, alarms",
    3: "secrets, MLflow server, retraining, workflows",
    4: "a second project beside the first",
    5: "prediction log, drift, the loop that closes",
    6: "canary, least privilege, cost",
    7: "runbook, film, site, release",
}
EVIDENCE = 160  # characters of an outcome's evidence that the table shows


def weeks(records: Records) -> pd.DataFrame:
    """Return a row for each week: its work, and how many of its outcomes hold, fail, mean nothing here, are open."""
    rows = dict(by_week(records.outcomes))
    return pd.DataFrame(
        {
            "week": week,
            "work": WORK[week],
            "outcomes": planned,
            "hold": _count(rows.get(week, ()), "pass"),
            "fail": _count(rows.get(week, ()), "fail"),
            "not applicable": _count(rows.get(week, ()), "not applicable"),
            "not checked": planned - len(rows.get(week, ())),
        }
        for week, planned in OUTCOMES.items()
    )


def outcomes(records: Records) -> pd.DataFrame:
    """Return a row for each outcome that was checked, with the beginning of what the check saw."""
    return pd.DataFrame(
        {
            "id": row["id"],
            "outcome": row["outcome"],
            "status": row["status"],
            "seen": row["evidence"][:EVIDENCE] + ("…" if len(row["evidence"]) > EVIDENCE else ""),
        }
        for _, rows in by_week(records.outcomes)
        for row in rows
    )


def figures(records: Records) -> pd.DataFrame:
    """Return the key figures of the site."""
    return pd.DataFrame([(each.value, each.meaning) for each in key_figures(records)], columns=["figure", "what it is"])


def models(records: Records) -> pd.DataFrame:
    """Return a row for each model card: version, metric with its interval, the best baseline, rows, intended use."""
    return pd.DataFrame(
        {
            "project": card["project"],
            "version": card["version"],
            "metric": card["metric"]["name"],
            "value": f"{card['metric']['value']:.3f}",
            "95 % interval": " to ".join(f"{bound:.3f}" for bound in card["metric"]["interval"]),
            "best baseline": _best(card["baselines"]),
            "rows to learn from": f"{card['rows']['train']:,}",
            "held out": f"{card['rows']['test']:,}",
            "meant for": card["use"]["intended"],
        }
        for card in records.cards
    )


def failing(records: Records) -> list[str]:
    """Return the ids of outcomes that fail."""
    return [row["id"] for row in records.outcomes["outcomes"] if row["status"] == "fail"]


def decision(records: Records) -> str:
    """Say whether the lab may be shown, and whether it may be released as final, as Markdown."""
    rows = records.outcomes["outcomes"]
    beside, unchecked = _count(rows, "not applicable"), PLANNED - len(rows)
    said = f"{_count(rows, 'pass')} of the plan's {PLANNED} outcomes hold, {_count(rows, 'fail')} fail"
    said += f", {beside} mean nothing on the target {records.outcomes['target']}" if beside else ""
    if unchecked:
        return f"**To be shown, not yet to be released:** {said}; {unchecked} are not checked yet, `make verify` does."
    return f"**Ready to show and to release:** {said}."


def _best(baselines: Sequence[Mapping[str, Any]]) -> str:
    """Name the baseline with the smallest loss, the metric of every project."""
    best = min(baselines, key=lambda each: each["value"], default=None)
    return f"{best['value']:.3f} ({best['name']})" if best else "none"


def _count(rows: Any, status: str) -> int:
    return sum(row["status"] == status for row in rows)
