"""What the service would have logged of trips, and the labels that arrived later."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.data.label import labelled
from mlops_lab.projects.project import Project


def month(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Trips of a month's file, as raw as they are."""
    return frame[frame["file_month"] == name]


def logged(project: Project, trips: pd.DataFrame, scores: NDArray[np.float64], version: str = "3") -> pd.DataFrame:
    """Log rows by the contract: a request a trip, the fields as they were sent."""
    fields = trips[[column.name for column in project.inputs]].reset_index(drop=True)
    logged_at = pd.date_range("2026-11-01", periods=len(trips), freq="s", tz="UTC")
    keys = {"request_id": request_ids(trips), "row": np.zeros(len(trips), np.int32), "logged_at": logged_at}
    about = {"model_version": version, "latency_ms": 1.5, "score": scores}
    return pd.DataFrame({**keys, **about}).join(fields)


def labels(project: Project, trips: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that can be believed."""
    kept = labelled(project, trips)
    return pd.DataFrame(
        {
            "request_id": request_ids(kept),
            "row": np.zeros(len(kept), np.int32),
            "label": kept[project.target].to_numpy(),
        }
    )


def request_ids(trips: pd.DataFrame) -> Sequence[str]:
    """An id of each trip."""
    return [f"trip-{index}" for index in trips.index]
