"""The service against `mlflow models serve` of the same model, against its own floor and against ONNX Runtime alone.

Usage: python benchmarks/serving.py

The model is the first project's, of 10,000 rows, trained here; all servers run all the time, each with one worker, and
the rounds alternate in turned order, so that what else the machine does meets all. The service logs its predictions.
The floor is the same service that answers a constant after the same validation, without a log. MLflow's server is
sent the same row after the features were computed, which it does not have to do. Each ratio is the median over the
rounds, the batch is the example row again and again; the site shows the record of the last run.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import mlflow
import onnxruntime
import pandas as pd
import psutil
from loopback import Running, ask, bundle, candidate, drive, free_port, logging_to, post, request, running, serving

from mlops_lab.candidate import Candidate
from mlops_lab.pipeline.features import FeatureSpec, compute
from mlops_lab.pipeline.train import feature_frame
from mlops_lab.registry import bundle as files
from mlops_lab.reporting.site.records import Kept, write

ROUNDS, SECONDS, CONNECTIONS, BATCH = 7, 1.5, 16, 1_000
SAME = 1e-4  # of a probability: ONNX computes in float32
FLOOR = """
from mlops_lab.serving import __main__ as service
from mlops_lab.serving.model import Answer, Model

class Constant(Model):
    def __init__(self, bundle):
        super().__init__(bundle)
        example = {name: [cell] for name, cell in self.request_schema["examples"][0].items()}
        self.constant = super().predict(example)

    def predict(self, columns):
        rows = len(next(iter(columns.values())))
        return Answer(self.constant.predictions * rows, self.constant.scores * rows, {})

service.Model = Constant
service.main()
"""


@dataclass
class Contender:
    """A server, what it is sent, and what it did in its rounds."""

    server: Running
    content: bytes
    alone: list[float] = field(default_factory=list)  # median seconds of a request over one connection
    together: list[float] = field(default_factory=list)  # requests a second over CONNECTIONS

    def measure(self) -> None:
        self.alone.append(statistics.median(self._drive(1)))
        self.together.append(len(self._drive(CONNECTIONS)) / SECONDS)

    @property
    def mib(self) -> float:
        """Resident memory of the server and all that it started."""
        every = [self.server.process, *self.server.process.children(recursive=True)]
        return float(sum(each.memory_info().rss for each in every)) / 2**20

    def _drive(self, connections: int) -> list[float]:
        return asyncio.run(drive(self.server.port, self.content, SECONDS, connections))


def mlflow_server(model: Candidate, folder: Path, stack: ExitStack) -> Contender:
    mlflow.sklearn.save_model(
        model.model.pipeline, folder, pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle"
    )
    row = feature_frame(model.model.spec, pd.DataFrame([dict(model.project.example)]))
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where it finds uvicorn
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
    server = stack.enter_context(running([*command, "-w", "1", "-p", str(port)], port, **quiet))
    content = {"dataframe_split": json.loads(row.to_json(orient="split", index=False))}
    return Contender(server, post("/invocations", content))


def floor_server(folder: Path, sha256: str, stack: ExitStack) -> Contender:
    server = stack.enter_context(serving(str(folder), sha256, FLOOR))
    return Contender(server, request(str(folder)))


def runtime_alone(folder: Path, sha256: str) -> Callable[[], float]:
    """Return what takes the seconds of ONNX Runtime for BATCH rows in this process, as the service sets it up."""
    found = files.read_folder(folder, sha256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(found.files[files.MODEL], options, providers=["CPUExecutionProvider"])
    spec = FeatureSpec.from_document(found.document(files.FEATURES)["features"])
    example = found.document(files.REQUEST_SCHEMA)["examples"][0]
    inputs = compute(spec, {name: [cell] * BATCH for name, cell in example.items()})

    def once() -> float:
        start = perf_counter()
        session.run(None, inputs)
        return perf_counter() - start

    return once


def batches(port: int, content: bytes, alone: Callable[[], float]) -> tuple[float, float]:
    """Median seconds of BATCH rows: over HTTP, and in ONNX Runtime alone."""
    over_http = asyncio.run(drive(port, content, SECONDS, 1))
    return statistics.median(over_http), statistics.median(alone() for _ in range(len(over_http)))


def agree(ours: Contender, theirs: Contender) -> None:
    """End where the two servers answer the row differently: they would not be serving the same model."""
    probability = ask(ours.server.port, ours.content)["predictions"][0]["probability"]
    other = ask(theirs.server.port, theirs.content)["predictions"][0][1]
    if abs(probability - other) > SAME:
        raise SystemExit(f"The service answers {probability}, mlflow models serve {other}: not the same model.")


def main() -> None:
    with ExitStack() as stack:
        folder, log, other = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(3))
        model = candidate()
        sha256 = bundle(model, folder)
        variables = stack.enter_context(logging_to(str(log)))
        ours = Contender(stack.enter_context(serving(str(folder), sha256, **variables)), request(str(folder)))
        floor = floor_server(folder, sha256, stack)
        theirs = mlflow_server(model, other / "model", stack)
        agree(ours, theirs)
        alone, batch, every = runtime_alone(folder, sha256), request(str(folder), BATCH), [ours, floor, theirs]
        for each in every:
            each.measure()
            each.alone, each.together = [], []
        thousand: list[tuple[float, float]] = []
        for turn in range(ROUNDS):
            for each in every if turn % 2 else reversed(every):
                each.measure()
            thousand.append(batches(ours.server.port, batch, alone))
        record = measured(
            {"the service, with its prediction log": ours, "its floor": floor, "mlflow models serve": theirs}, thousand
        )
        show(record)
        write(Kept(Path(__file__).parents[1] / "reports").serving, record)


def measured(named: Mapping[str, Contender], thousand: list[tuple[float, float]]) -> dict[str, Any]:
    """What is kept of a run: the servers, and each ratio with its bound."""
    ours, floor, theirs = named.values()
    rows = [
        ("p50 at 1 connection, mlflow / service", ratio(theirs.alone, ours.alone), "at least", 40.0),
        (f"throughput at {CONNECTIONS}, service / mlflow", ratio(ours.together, theirs.together), "at least", 60.0),
        (f"throughput at {CONNECTIONS}, service / floor", ratio(ours.together, floor.together), "at least", 0.85),
        (f"batch of {BATCH:,}, service / ONNX Runtime alone", ratio(*zip(*thousand, strict=True)), "at most", 2.0),
        ("seconds from start to ready", ours.server.seconds, "at most", 2.0),
    ]
    servers = [
        {
            "name": name,
            "p50_ms": 1e3 * statistics.median(each.alone),
            "requests_per_second": statistics.median(each.together),
            "mib": each.mib,
        }
        for name, each in named.items()
    ]
    ratios = [
        {"name": name, "found": found, "bound": bound, "limit": limit, "met": met(found, bound, limit)}
        for name, found, bound, limit in rows
    ]
    recorded = datetime.now(UTC).date().isoformat()
    told = {"recorded": recorded, "cores": psutil.cpu_count(), "connections": CONNECTIONS}
    return told | {"servers": servers, "ratios": ratios}


def show(record: Mapping[str, Any]) -> None:
    for each in record["servers"]:
        print(
            f"{each['name']}: p50 {each['p50_ms']:.2f} ms at 1 connection, "
            f"{each['requests_per_second']:,.0f} requests/s at {CONNECTIONS}, {each['mib']:.0f} MiB"
        )
    for each in record["ratios"]:
        said = "met" if each["met"] else "missed"
        print(f"{each['name']}: {each['found']:.2f} ({each['bound']} {each['limit']:g}: {said})")


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def met(found: float, bound: str, limit: float) -> bool:
    return found >= limit if bound == "at least" else found <= limit


if __name__ == "__main__":
    main()
