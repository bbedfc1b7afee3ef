"""A user's table as its file holds it: read whole, or refused in one line."""

import csv
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from pyarrow import ArrowException

from mlops_lab.errors import LabError

SMALLEST = 100  # rows that a model can be learnt and judged from
LARGEST = 500_000  # rows that are trained, compared and published in minutes
WIDEST = 500  # columns
SNIFFED = 65_536  # characters that tell what separates the columns
SEPARATORS = ",;\t|"
TAKEN = {"label", "probabilities", "variable"}  # ONNX calls the outputs of a converted model so
UNREADABLE = (
    *(OSError, ValueError, ArrowException, pd.errors.ParserError, pd.errors.ParserWarning, csv.Error),
    *(KeyError, TypeError, AttributeError, RecursionError),  # what pandas has noted in a Parquet file may be anything
)


@dataclass(frozen=True)
class Table:
    """A table whose columns have names that may stand in code, and the names that its file has for them."""

    frame: pd.DataFrame
    originals: Mapping[str, str]  # name -> the file's

    def column(self, variable: str, wanted: str) -> str:
        """Return the name of a column by the file's name for it, or by its own.

        Raises:
            LabError: There is none.
        """
        found = [name for name, original in self.originals.items() if wanted in (original, name)]
        if not found:
            raise LabError(f"{variable} is {wanted!r}, which is no column; use one of {_listed(self.originals)}.")
        return found[0]


def read(path: Path) -> Table:
    """Read a CSV or Parquet file.

    Raises:
        LabError: It cannot be read, two columns share a name, or it has too few or too many rows or columns.
    """
    readers = {".csv": _csv, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise LabError(f"DATA is {str(path)!r}; use a file that ends in .csv or .parquet.")
    if not path.is_file():
        raise LabError(f"DATA is {str(path)!r}, which is no file; name one that exists.")
    try:
        frame = readers[path.suffix.lower()](path)
    except UNREADABLE as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise LabError(f"{path} cannot be read ({said[:200]}); use a table in UTF-8 with one row of names.") from None
    _refuse_size(path, frame)
    names = _names([str(column) for column in frame.columns])
    originals = dict(zip(names, map(str, frame.columns), strict=True))
    return Table(frame.set_axis(names, axis=1).reset_index(drop=True), originals)


def _csv(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        separator = _separator(file.read(SNIFFED))
        file.seek(0)
        header = next(csv.reader(file, delimiter=separator), [])
    _refuse_shared(path, header)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header would lose values
        return pd.read_csv(path, sep=separator, encoding="utf-8-sig", low_memory=False, index_col=False)


def _parquet(path: Path) -> pd.DataFrame:
    table = pq.ParquetFile(path).read()
    table.validate(full=True)  # text that is no UTF-8 would raise later
    _refuse_shared(path, table.column_names)
    frame: pd.DataFrame = table.to_pandas()
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _separator(start: str) -> str:
    """Return what separates the names in the first line, the likeliest first where nothing does."""
    first = next(iter(start.splitlines()), "")
    return max(SEPARATORS, key=first.count)


def _refuse_shared(path: Path, header: list[str]) -> None:
    shared = [name for name, count in Counter(name.strip() for name in header if name).items() if count > 1]
    if shared:
        raise LabError(f"{path} has {len(shared)} names for more than one column ({_listed(shared)}); rename them.")


def _refuse_size(path: Path, frame: pd.DataFrame) -> None:
    rows, columns = frame.shape
    if rows < SMALLEST:
        raise LabError(f"{path} has {rows} rows; a model needs {SMALLEST} at least to learn from and be judged by.")
    if rows > LARGEST:
        raise LabError(f"{path} has {rows:,} rows; use a sample of at most {LARGEST:,}.")
    if not 2 <= columns <= WIDEST:
        raise LabError(f"{path} has {columns} columns; use 2 to {WIDEST}, LABEL among them.")


def _names(originals: list[str]) -> list[str]:
    """Return a name of lower-case letters, digits and underscores for each column, every one different."""
    names: list[str] = []
    for position, original in enumerate(originals):
        plain = unicodedata.normalize("NFKD", original.casefold()).encode("ascii", "ignore").decode()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or f"column_{position}"
        name = f"column_{name}" if name[0].isdigit() or name in TAKEN else name
        names.append(unused(name, names))
    return names


def unused(name: str, used: "list[str] | set[str]") -> str:
    """Return a name, with a number where it is used already."""
    candidates = (name if number == 1 else f"{name}_{number}" for number in range(1, len(used) + 2))
    return next(each for each in candidates if each not in used)


def _listed(names: "list[str] | Mapping[str, str]") -> str:
    found = [*(names.values() if isinstance(names, Mapping) else names)]
    return ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
