"""What the service would have logged of rows, and the labels that arrived later."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.data.label import labelled
from mlops_lab.pipeline.train import labels as truth
from mlops_lab.projects.project import Project


def month(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Trips of a month's file, as raw as they are."""
    return frame[frame["file_month"] == name]


def logged(project: Project, rows: pd.DataFrame, scores: NDArray[np.float64], version: str = "3") -> pd.DataFrame:
    """Log rows by the contract: a request a row, the fields as they were sent."""
    fields = rows[[column.name for column in project.inputs]].reset_index(drop=True)
    logged_at = pd.date_range("2026-11-01", periods=len(rows), freq="s", tz="UTC")
    keys = {"request_id": request_ids(rows), "row": np.zeros(len(rows), np.int32), "logged_at": logged_at}
    about = {"model_version": version, "latency_ms": 1.5, "score": scores}
    return pd.DataFrame({**keys, **about}).join(fields)


def labels(project: Project, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that can be believed."""
    kept = labelled(project, rows)
    return pd.DataFrame(
        {
            "request_id": request_ids(kept),
            "row": np.zeros(len(kept), np.int32),
            "label": truth(project, kept),
        }
    )


def request_ids(rows: pd.DataFrame) -> Sequence[str]:
    """An id of each row."""
    return [f"request-{index}" for index in rows.index]
