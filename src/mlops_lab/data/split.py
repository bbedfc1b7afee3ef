"""Splitting a table into the rows to learn from, to decide on, and to be judged by."""

from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

from mlops_lab.projects.project import Project


@dataclass(frozen=True)
class Splits:
    """Three disjoint parts of a table that together hold all its rows."""

    train: pd.DataFrame  # what the model learns from
    validation: pd.DataFrame  # what decisions about it, such as the threshold, are taken on
    test: pd.DataFrame  # held out: what it is judged by, once

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def split(project: Project, frame: pd.DataFrame, seed: int) -> Splits:
    """Split at random with the target's proportions in every part; the same seed gives the same rows."""
    shares = project.split
    rest, test = train_test_split(frame, test_size=shares.test, stratify=frame[project.target], random_state=seed)
    share = shares.validation / (1 - shares.test)
    train, validation = train_test_split(rest, test_size=share, stratify=rest[project.target], random_state=seed)
    return Splits(train, validation, test)
