import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlops_lab import projects
from mlops_lab.registry.request_schema import request_schema
from mlops_lab.serving.request import MAX_PROBLEMS, InvalidRequestError, Problem, RequestDecoder, TooManyRowsError

SCHEMA = request_schema(projects.get("income"))
EXAMPLE: dict[str, Any] = SCHEMA["examples"][0]
DECODER = RequestDecoder(SCHEMA)
VALIDATOR = Draft202012Validator(SCHEMA)

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-200_000, 200_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 200).map(float),
    st.text("ab é", max_size=3),
    st.sampled_from(["Private", "x" * 100, "x" * 101, "", [], {}]),
)


def body(*instances: object) -> bytes:
    return json.dumps({"instances": instances}).encode()


def problems(content: bytes) -> list[Problem]:
    with pytest.raises(InvalidRequestError) as refusal:
        DECODER.decode(content)
    return refusal.value.problems


def test_rows_become_columns() -> None:
    one, other = DECODER.decode(body(EXAMPLE)), DECODER.decode(body({**EXAMPLE, "age": 50, "workclass": None}))

    columns = DECODER.columns([*one, *other])

    assert columns["age"] == (38, 50)
    assert columns["workclass"] == ("Private", None)
    assert set(columns) == set(EXAMPLE)


@given(
    st.dictionaries(st.sampled_from([*EXAMPLE, "sex", "shoe_size"]), CELLS, max_size=4),
    st.sets(st.sampled_from([*EXAMPLE]), max_size=1),
)
def test_the_service_accepts_exactly_what_its_published_schema_accepts(
    changes: dict[str, Any], absent: set[str]
) -> None:
    instance = {key: value for key, value in (EXAMPLE | changes).items() if key not in absent}
    expected = {broken_field(error) for error in VALIDATOR.iter_errors(instance)}

    if not expected:
        DECODER.decode(body(instance))
    else:
        named = {problem.field for problem in problems(body(instance))}
        assert named >= expected - {None}
        assert named


def broken_field(error: Any) -> str | None:
    return str(error.path[0]) if error.path else None


@pytest.mark.parametrize(
    ("change", "value", "rule"),
    [
        ({"age": "old"}, '"old"', "must be an integer at least 17 and at most 120"),
        ({"age": 16}, "16", "must be an integer at least 17 and at most 120"),
        ({"age": 38.5}, "38.5", "must be an integer at least 17 and at most 120"),
        ({"age": True}, "true", "must be an integer at least 17 and at most 120"),
        ({"age": None}, "null", "must be an integer at least 17 and at most 120"),
        ({"workclass": 3}, "3", "must be text of 1 to 100 characters, or null"),
        ({"relationship": ""}, '""', "must be text of 1 to 100 characters"),
        ({"sex": "Male"}, '"Male"', "is not used by this model (a protected attribute)"),
        ({"shoe_size": 42}, "42", "is not a field of this model"),
    ],
)
def test_a_problem_names_field_value_and_rule(change: dict[str, Any], value: str, rule: str) -> None:
    (field,) = change

    assert problems(body(EXAMPLE, {**EXAMPLE, **change})) == [Problem(1, field, value, rule)]


def test_an_absent_field_is_required_even_where_null_is_allowed() -> None:
    absent = {key: value for key, value in EXAMPLE.items() if key != "workclass"}

    (problem,) = problems(body(absent))

    assert problem.field == "workclass"
    assert problem.rule.startswith("is required")


def test_several_problems_are_named_at_once_up_to_a_bound() -> None:
    assert len(problems(body({**EXAMPLE, "age": -1, "hours_per_week": 0}))) == 2
    assert len(problems(body(*[{**EXAMPLE, "age": -1}] * 500))) == MAX_PROBLEMS


def test_a_long_value_and_a_long_name_are_shortened() -> None:
    (problem,) = problems(body({**EXAMPLE, "n" * 5_000: "v" * 5_000}))

    assert len(problem.value) < 100
    assert len(problem.field or "") < 100


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[]",
        b"null",
        b'{"instances": []}',
        b'{"instances": {}}',
        b'{"instances": [1]}',
        b'{"rows": []}',
        b'{"instances": [NaN]}',
        b'{"instances": [Infinity]}',
        b'{"instances": [1e999]}',
        b'\xff\xfe{"instances": []}',
        b'{"instances": ["\\ud800"]}',
        b'{"instances":' + b"[" * 100_000,
        body(EXAMPLE)[:-1],
        body(EXAMPLE).replace(b"38", b"NaN"),
    ],
    ids=lambda content: content[:30].decode(errors="replace"),
)
def test_what_is_no_request_is_refused_as_a_problem(content: bytes) -> None:
    assert problems(content)


@pytest.mark.parametrize("instance", [EXAMPLE, {}])
def test_a_thousand_rows_are_the_most(instance: dict[str, Any]) -> None:
    with pytest.raises(TooManyRowsError):
        DECODER.decode(body(*[instance] * 1_001))


def test_columns_may_have_names_that_are_no_identifiers() -> None:
    schema = {
        "required": ["hours per week", "class"],
        "properties": {"hours per week": {"type": "number"}, "class": {"type": "integer"}},
    }

    decoder = RequestDecoder(schema)

    columns = decoder.columns(decoder.decode(b'{"instances": [{"class": 1, "hours per week": 37.5}]}'))

    assert columns == {"hours per week": (37.5,), "class": (1,)}


HUGE = "1" + "0" * 400  # what no float holds


@pytest.mark.parametrize("field", ["age", "capital_gain"])
@pytest.mark.parametrize("number", [HUGE, f"-{HUGE}", "1e400", "1" + "0" * 5_000, "NaN", "Infinity"])
def test_a_number_beyond_every_float_is_a_broken_rule(field: str, number: str) -> None:
    content = body({**EXAMPLE, field: "@"}).replace(b'"@"', number.encode())

    assert problems(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"instances":' + b"[" * 100_000,
        b'{"instances":[{"age":1,"age":2}]}',
        b'{"instances":[{"\\ud800":1}]}',
        b'{"instances":[{"age":"\\u0000"}]}',
        b"1" * 5_000,
        b"null",
    ],
)
def test_what_a_stranger_may_send_is_a_broken_rule_that_json_can_tell(content: bytes) -> None:
    told = problems(content)

    assert json.dumps([vars(each) for each in told]).encode()
