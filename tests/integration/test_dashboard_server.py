"""The dashboard's server on this machine, against a moto server: the same calls that AWS takes."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from mlops_lab.cloud.session import client
from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.server import DashboardServer, Source, serve
from mlops_lab.reporting.dashboard.snapshot import snapshot
from mlops_lab.settings import Settings

PNG = b"\x89PNG"
METRICS = [["Lab", "Errors", "Service", "income", {"id": "e"}], [".", "Requests", ".", ".", {"id": "r"}]]
BODY = {
    "start": "-PT30M",
    "widgets": [
        {
            "type": "metric",
            "width": 12,
            "properties": {"title": "Lab", "stat": "Sum", "period": 60, "metrics": METRICS},
        },
        {"type": "metric", "width": 12, "properties": {"title": "None", "metrics": [["Lab", "Nothing"]]}},
    ],
}


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    cloud = ThreadedMotoServer("127.0.0.1", 0)
    cloud.start()
    found = Settings(cloud_port=cloud.get_host_and_port()[1])
    cloudwatch = client(found, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="lab", DashboardBody=json.dumps(BODY))
    for minute in range(2, 10):
        put(cloudwatch, minute)
    yield found
    cloud.stop()


def put(cloudwatch: Any, minute: int) -> None:
    dimensions = [{"Name": "Service", "Value": "income"}]
    moment = datetime.now(UTC) - timedelta(minutes=minute)
    data = {"Dimensions": dimensions, "Timestamp": moment}
    values = [{"MetricName": "Errors", "Value": 3}, {"MetricName": "Requests", "Value": 100 + minute}]
    cloudwatch.put_metric_data(Namespace="Lab", MetricData=[data | value for value in values])


@pytest.fixture
def server(settings: Settings) -> Iterator[DashboardServer]:
    with serve(settings, "lab") as started:
        thread = threading.Thread(target=started.serve_forever)
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def test_the_page_holds_the_values_that_were_put(server: DashboardServer):
    answer = httpx.get(server.url)

    assert answer.status_code == 200
    assert "last 30 min" in answer.text
    assert "Errors: 3" in answer.text
    assert "no data" in answer.text


def test_the_page_may_run_its_own_script_and_ask_nobody_else(server: DashboardServer):
    answer = httpx.get(server.url)

    policy = answer.headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert nonce
    assert f'<script nonce="{nonce}">' in answer.text
    assert "default-src 'none'" in policy


def test_the_panels_come_by_themselves_for_the_span_that_was_asked_for(server: DashboardServer):
    answer = httpx.get(f"{server.url}panels?minutes=15")

    assert "last 15 min" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("minutes", ["", "-5", "ten", "999999999999", "²"])
def test_a_span_that_is_none_is_no_failure(server: DashboardServer, minutes: str):
    assert httpx.get(f"{server.url}panels", params={"minutes": minutes}).status_code == 200


def test_the_picture_is_served_too(server: DashboardServer):
    answer = httpx.get(f"{server.url}dashboard.png")

    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(PNG)


def test_another_path_says_which_there_are(server: DashboardServer):
    answer = httpx.get(f"{server.url}etc/passwd")

    assert answer.status_code == 404
    assert "/panels" in answer.text


def test_a_name_of_somebody_else_s_that_leads_here_is_refused(server: DashboardServer):
    answer = httpx.get(server.url, headers={"Host": "attacker.example"})

    assert answer.status_code == 403


def test_only_this_machine_is_served(server: DashboardServer):
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named(server: DashboardServer, settings: Settings):
    with pytest.raises(LabError, match=f"Port {server.server_port} cannot be used"):
        serve(settings, "lab", server.server_port)


def test_a_dashboard_that_does_not_exist_is_refused_at_once(settings: Settings):
    with pytest.raises(LabError, match="no dashboard 'other'; use one of lab"):
        serve(settings, "other")


def test_a_cloud_that_has_gone_is_said_on_the_page_and_does_not_end_it():
    def gone(back: timedelta | None) -> Any:
        raise LabError("The embedded cloud does not answer; run `make up`.")

    with DashboardServer(Source(gone, 5), 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        answers = [httpx.get(f"{server.url}panels") for _ in range(2)]
        server.shutdown()
        thread.join()

    assert [answer.status_code for answer in answers] == [502, 502]
    assert answers[0].text == "The embedded cloud does not answer; run `make up`."


def test_many_viewers_cost_one_reading():
    readings: list[timedelta | None] = []

    def read(back: timedelta | None) -> Any:
        readings.append(back)
        return object()

    source = Source(read, refresh=60)

    views = {source.view(None) for _ in range(5)}

    assert len(views) == 1
    assert readings == [None]


def test_a_snapshot_is_a_picture_in_a_folder_of_its_own(settings: Settings, tmp_path: Path):
    view = snapshot(settings, "lab", tmp_path / "dashboards" / "lab.png", timedelta(minutes=15))

    assert (tmp_path / "dashboards" / "lab.png").read_bytes().startswith(PNG)
    assert [panel.has_data for panel in view.panels] == [True, False]
