"""What a column is good for: an input of the model, or left out with a reason."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlops_lab.newproject.reading import Reading, read_values
from mlops_lab.newproject.source import Table

MOSTLY = 0.95  # of the values are different: text that says who a row is, not what it is like
DENSE = 1.1  # different whole numbers in a range not wider than so many times their count: a running number
IDENTIFIER = re.compile(r"(^|_)(id|uid|uuid|guid|key|index|idx|nr|rownum|unnamed_\d+)(_|$)")
SHOWN = 40  # characters of a value in a reason


@dataclass(frozen=True)
class Profile:
    """A column, its values as the lab reads them, and why the model may not see it."""

    name: str
    original: str
    reading: Reading
    reason: str = ""  # empty: it may

    @property
    def values(self) -> "pd.Series[Any]":
        """The values."""
        return self.reading.values

    @property
    def distinct(self) -> int:
        """How many different values it has, missing ones apart."""
        return int(self.values.nunique())

    @property
    def nullable(self) -> bool:
        """Whether values are missing."""
        return bool(self.values.isna().any())


def profiles(table: Table, label: str) -> dict[str, Profile]:
    """Profile every column of a table by the rows that have a label; the label's own comes without a reason."""
    labelled = table.frame[read_values(table.frame[label]).values.notna()].reset_index(drop=True)
    target = read_values(labelled[label]) if len(labelled) else read_values(table.frame[label])
    found = {label: Profile(label, table.originals[label], target)}
    for name in (each for each in table.frame.columns if each != label):
        reading = read_values(labelled[name])
        known = Profile(name, table.originals[name], reading)
        found[name] = Profile(name, table.originals[name], reading, _reason(known, target.values))
    return {name: found[name] for name in table.frame.columns}


def _reason(profile: Profile, target: "pd.Series[Any]") -> str:
    if profile.reading.problem:
        return profile.reading.problem
    if profile.distinct == 1 and not profile.nullable:
        return f"constant: always {_shown(profile.values.iloc[0])}"
    if _is_identifier(profile):
        return f"an identifier: {profile.distinct:,} different values in {len(profile.values):,} rows"
    if _says(profile, target):
        return "says the label in other words"
    return ""


def _is_identifier(profile: Profile) -> bool:
    present = profile.values.dropna()
    if profile.reading.kind == "category":
        return profile.distinct >= MOSTLY * len(present) and len(present) >= len(profile.values) / 2
    if profile.reading.kind != "integer" or profile.distinct < len(present) or profile.nullable:
        return False
    numbered = int(present.max()) - int(present.min()) < DENSE * len(present)
    return numbered or IDENTIFIER.search(profile.name) is not None


def _says(profile: Profile, target: "pd.Series[Any]") -> bool:
    """Whether a column is the label in other words: one to one, or on a line with it."""
    values = profile.values
    if values.isna().any() or profile.distinct != target.nunique():
        return False
    if target.nunique() > 2:
        is_number = profile.reading.kind in ("integer", "number")
        return is_number and _on_a_line(values.to_numpy(dtype=np.float64), target)
    pairs = pd.DataFrame({"value": values.astype(str), "label": target.astype(str)}).drop_duplicates()
    return len(pairs) == profile.distinct


def _on_a_line(values: "np.typing.NDArray[np.float64]", target: "pd.Series[Any]") -> bool:
    if not pd.api.types.is_numeric_dtype(target.dtype):
        return False
    with np.errstate(all="ignore"):
        return bool(abs(np.corrcoef(values, target.to_numpy(dtype=np.float64))[0, 1]) > 1 - 1e-12)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
