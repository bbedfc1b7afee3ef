"""Latency and throughput of the service against an application that answers a constant.

Usage: python benchmarks/serving.py BUNDLE_FOLDER BUNDLE_SHA256
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS, CONNECTIONS = 5, 16
FLOOR = """
import sys, uvicorn
from fastapi import FastAPI, Request, Response
app = FastAPI()
@app.get("/health")
async def health() -> str: return "alive"
@app.post("/income/predict")
async def predict(request: Request) -> Response:
    await request.body()
    return Response(b'{"predictions":[{"label":">50K","probability":0.75}]}', media_type="application/json")
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, *command], env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        while not answers(port):
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def drive(port: int, body: bytes, seconds: float) -> list[float]:
    """Send one request after another over one connection; return the seconds that each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took: list[float] = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        connection.request("POST", "/income/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        took.append(time.perf_counter() - start)
    return took


def measure(name: str, port: int, body: bytes) -> None:
    drive(port, body, 1)
    alone = drive(port, body, SECONDS)
    together: list[list[float]] = []
    threads = [threading.Thread(target=lambda: together.append(drive(port, body, SECONDS))) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(map(len, together)) / SECONDS
    p50, p99 = (1_000 * statistics.quantiles(alone, n=100)[at] for at in (49, 98))
    print(f"{name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms at 1 connection; {rate:,.0f} requests/s at {CONNECTIONS}")


def main() -> None:
    folder, sha256 = sys.argv[1:]
    with open(os.path.join(folder, "request.schema.json")) as file:
        example = json.load(file)["examples"][0]
    body = json.dumps({"instances": [example]}).encode()
    port = free_port()
    with running(["-c", FLOOR, str(port)], port):
        measure("a constant", port, body)
    port = free_port()
    told = {"PROJECT": "income", "BUNDLE_URI": folder, "BUNDLE_SHA256": sha256, "PORT": str(port)}
    with running(["-m", "mlops_lab.serving"], port, **told):
        measure("one row", port, body)
        measure("100 rows", port, json.dumps({"instances": [example] * 100}).encode())


if __name__ == "__main__":
    main()
