import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from mlops_lab.outcomes.interview import Interview
from mlops_lab.outcomes.outcome import NotReachedError
from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.app import create_app
from mlops_lab.serving.model import Model

KEY = "a key"


class Spoilt:
    """A service whose answers to predictions are changed on their way."""

    def __init__(self, app: Any, status: int | None = None, **changes: Any):
        self._app, self._status, self._changes = app, status, changes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def changed(message: Any) -> None:
            if scope["path"].endswith("/predict") and message["type"] == "http.response.body":
                message["body"] = json.dumps(json.loads(message["body"]) | self._changes).encode()
            elif scope["path"].endswith("/predict"):
                message["status"] = self._status or message["status"]
                message["headers"] = [(name, value) for name, value in message["headers"] if name != b"content-length"]
            await send(message)

        await self._app(scope, receive, changed)


def talk_to(app: Any, key: str = KEY) -> Interview:
    client = TestClient(app, base_url="http://task/taxi/", headers={"x-api-key": key})
    return Interview(client, client.get("openapi.json").json())


@pytest.fixture(scope="module")
def app(taxi_bundle: Bundle) -> Any:
    return create_app(Model(taxi_bundle), [KEY])


def test_a_service_that_keeps_its_promises_passes(app: Any, taxi_bundle: Bundle) -> None:
    talk = talk_to(app)

    assert talk.answers_for_itself() == taxi_bundle.manifest["version"]
    assert talk.predicts([talk.example] * 3) == pytest.approx(
        [taxi_bundle.manifest["parity"]["example_score"]] * 3, rel=1e-5
    )
    assert set(talk.refuses()) == {401, 413, 415, 422}


def test_every_field_is_tried_with_what_it_must_not_hold(app: Any) -> None:
    tried = [what for what, _, _ in talk_to(app)._bad()]

    fields = ("vendor_id", "pickup_datetime", "passenger_count", "pickup_location_id", "dropoff_location_id")
    assert {f"a list as {name}" for name in fields} <= set(tried)
    assert {"pickup_location_id beyond its maximum", "pickup_location_id below its minimum"} <= set(tried)


@pytest.mark.parametrize(
    "changes",
    [{"predictions": [{"hours": 1.0}]}, {"predictions": []}, {"request_id": "another"}, {"model_version": 3}],
)
def test_an_answer_of_another_shape_fails(app: Any, changes: dict[str, Any]) -> None:
    talk = talk_to(Spoilt(app, **changes))

    with pytest.raises(NotReachedError):
        talk.predicts([talk.example])


def test_a_service_that_takes_everything_fails(app: Any) -> None:
    with pytest.raises(NotReachedError, match="with no JSON answers 200, not 422"):
        talk_to(Spoilt(app, status=200)).refuses()


def test_a_service_that_falls_over_fails_with_its_status(app: Any) -> None:
    talk = talk_to(Spoilt(app, status=500))

    with pytest.raises(NotReachedError, match="answers 500, not 200"):
        talk.predicts([talk.example])


def test_a_wrong_key_fails(app: Any) -> None:
    talk = talk_to(app, "wrong")

    with pytest.raises(NotReachedError, match="answers 401, not 200"):
        talk.predicts([talk.example])
