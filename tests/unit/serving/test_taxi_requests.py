import asyncio
import json
import re
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlops_lab import projects
from mlops_lab.candidate import Candidate
from mlops_lab.data.dataset import RawData
from mlops_lab.load.bodies import varied_bodies
from mlops_lab.projects.project import Project
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.request_schema import TIME, request_schema
from mlops_lab.serving.app import create_app
from mlops_lab.serving.model import Model
from mlops_lab.serving.request import InvalidRequestError, RequestDecoder

SCHEMA = request_schema(projects.get("taxi"))
EXAMPLE: dict[str, Any] = SCHEMA["examples"][0]
DECODER = RequestDecoder(SCHEMA)
VALIDATOR = Draft202012Validator(SCHEMA)


def body(**cells: object) -> bytes:
    return json.dumps({"instances": [{**EXAMPLE, **cells}]}).encode()


def post(api: httpx.AsyncClient, instances: list[dict[str, Any]]) -> httpx.Response:
    return asyncio.run(api.post("/taxi/predict", json={"instances": instances}))


@pytest.fixture
def api(taxi_bundle: Bundle) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(Model(taxi_bundle))), base_url="http://task")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31, 23, 59, 59)), st.sampled_from("T "))
def test_every_moment_of_the_calendar_is_accepted(moment: datetime, separator: str) -> None:
    text = moment.isoformat(separator, timespec="seconds")

    assert DECODER.columns(DECODER.decode(body(pickup_datetime=text)))["pickup_datetime"] == (text,)


@given(st.from_regex(re.compile(TIME.replace("$", r"\Z"), re.ASCII)))
def test_the_schemas_times_are_the_calendars(text: str) -> None:
    datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "value",
    [
        "2019-02-29T10:00:00",
        "1900-02-29T10:00:00",
        "2019-04-31T10:00:00",
        "2019-13-01T10:00:00",
        "2019-01-15T24:00:00",
        "2019-01-15T08:30:00Z",
        "2019-01-15T08:30:00\n",
        "2019-01-15T08:30",
        "2019-01-15",
        "٢٠١٩-01-15T08:30:00",
        "yesterday",
        "",
        1547541000,
        None,
    ],
)
def test_what_is_no_time_is_refused_with_the_rule_and_by_the_schema(value: object) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        DECODER.decode(body(pickup_datetime=value))

    (problem,) = refusal.value.problems
    assert (problem.field, problem.rule) == (
        "pickup_datetime",
        "must be a time of the calendar such as 2019-01-15T08:30:00, without an offset",
    )
    assert not VALIDATOR.is_valid({**EXAMPLE, "pickup_datetime": value})


@pytest.mark.parametrize("zone", [0, 266, -1, 161.5, None, "161"])
def test_what_is_no_zone_is_refused(api: httpx.AsyncClient, zone: object) -> None:
    refused = post(api, [{**EXAMPLE, "pickup_location_id": zone}])

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["field"] == "pickup_location_id"


def test_a_zone_that_training_has_not_seen_is_answered_and_counted(api: httpx.AsyncClient) -> None:
    answered = post(api, [{**EXAMPLE, "dropoff_location_id": 110}])

    assert answered.json()["unknown_categories"] == {"zone_pair": 1, "dropoff_zone": 1}
    assert 1 < answered.json()["predictions"][0]["minutes"] < 120


def test_a_leak_is_refused_with_its_reason(api: httpx.AsyncClient) -> None:
    refused = post(api, [{**EXAMPLE, "trip_distance": 2.5}])

    assert refused.status_code == 422
    assert refused.json()["problems"][0]["rule"] == "is not used by this model (known only after the trip)"


def test_held_out_trips_are_answered_as_scikit_learn_scores_them(
    api: httpx.AsyncClient, taxi_candidate: Candidate, taxi: Project, trips: RawData
) -> None:
    rows = taxi_candidate.splits.test.sample(300, random_state=0)
    instances = [json.loads(each)["instances"][0] for each in varied_bodies(taxi, rows)]
    in_order = rows[[*EXAMPLE]].sample(300, random_state=0)

    answered = post(api, instances)

    minutes = [each["minutes"] for each in answered.json()["predictions"]]
    assert minutes == pytest.approx(taxi_candidate.model.score(in_order), rel=1e-5)


def test_the_document_describes_the_answer_in_its_unit(api: httpx.AsyncClient) -> None:
    document = asyncio.run(api.get("/taxi/openapi.json")).json()

    prediction = document["components"]["schemas"]["Answer"]["properties"]["predictions"]["items"]
    assert prediction["properties"] == {"minutes": {"type": "number"}}
    assert document["components"]["schemas"]["Instance"]["properties"]["pickup_datetime"]["pattern"] == TIME


def test_a_vendor_may_be_missing_and_a_zone_may_not() -> None:
    nullable = {name for name, described in SCHEMA["properties"].items() if "null" in described["type"]}

    assert nullable == {"vendor_id", "passenger_count"}
