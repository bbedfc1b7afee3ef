"""Evidently's DataDriftPreset on two Parquet files, as JSON: seconds, and its index of each column.

Runs in an environment of its own, since Evidently fails to import with pandas 3:
    python -m venv bench && bench/bin/pip install '.[bench]' && bench/bin/python benchmarks/evidently_preset.py A B
"""

import json
import sys
import time

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def run(preset: DataDriftPreset, reference: Dataset, current: Dataset) -> tuple[float, dict[str, float]]:
    start = time.perf_counter()
    found = Report([preset]).run(current, reference).dict()["metrics"]
    seconds = time.perf_counter() - start
    columns = (each for each in found if each["config"]["type"].endswith("ValueDrift"))
    return seconds, {each["config"]["column"]: float(each["value"]) for each in columns}


def main(reference_file: str, current_file: str) -> None:
    frames = [pd.read_parquet(file).drop(columns="logged_at") for file in (reference_file, current_file)]
    texts = [name for name in frames[0] if frames[0][name].dtype == object]
    numbers = [name for name in frames[0] if name not in texts]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    reference, current = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
    seconds, _ = run(DataDriftPreset(), reference, current)
    _, index = run(DataDriftPreset(method="psi", threshold=0.2), reference, current)
    print(json.dumps({"seconds": seconds, "psi": index}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
