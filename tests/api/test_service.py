"""What any service of the lab must keep, over HTTP, with nothing known but its base URL and key: `make test-api`."""

import math
from itertools import product

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from mlops_lab.cloud.api import number
from mlops_lab.outcomes.interview import MAX_ROWS, Interview

ENDPOINTS = ("predict", "health", "ready", "metadata")
EXAMPLES = 60  # generated requests an operation


@pytest.fixture(scope="session")
def described(url: str) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


def test_it_is_alive_and_ready_and_names_its_version(service: Interview) -> None:
    assert service.answers_for_itself()


def test_the_documented_example_is_answered_as_documented(service: Interview) -> None:
    (said,) = service.predicts([service.example])

    assert said == pytest.approx(number(service.answered), rel=1e-5)


def test_a_full_batch_gets_for_each_row_what_it_gets_alone(service: Interview) -> None:
    said = service.predicts([service.example] * MAX_ROWS)

    assert len(said) == MAX_ROWS
    assert all(math.isclose(each, number(service.answered), rel_tol=1e-4) for each in said)


def test_what_breaks_the_schema_is_refused_in_the_documented_shape(service: Interview) -> None:
    assert set(service.refuses()) == {401, 413, 415, 422}


@pytest.mark.parametrize(
    ("endpoint", "mode"),
    [("predict", GenerationMode.NEGATIVE), *product(ENDPOINTS, [GenerationMode.POSITIVE])],
)
def test_generated_requests_meet_the_document(
    described: OpenApiSchema, key: str, endpoint: str, mode: GenerationMode
) -> None:
    """No 5xx, no undocumented status, no answer that breaks its schema; what the schema allows is answered."""
    (path,) = (each for each in described.raw_schema["paths"] if each.endswith(f"/{endpoint}"))
    (method,) = described.raw_schema["paths"][path]

    @hypothesis.settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
    @hypothesis.given(described[path][method].as_strategy(generation_mode=mode))
    def meets(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"x-api-key": key})

    meets()
