from jsonschema import Draft202012Validator

from mlops_lab.projects.project import Project
from mlops_lab.registry.request_schema import request_schema


def test_the_schema_is_valid_and_accepts_the_example(income: Project) -> None:
    schema = request_schema(income)

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(dict(income.example))


def test_every_input_is_required_and_nothing_else_is_allowed(income: Project) -> None:
    schema = request_schema(income)

    assert set(schema["required"]) == set(schema["properties"]) == set(income.example)
    assert schema["additionalProperties"] is False


def test_null_is_allowed_exactly_where_the_data_have_missing_values(income: Project) -> None:
    properties = request_schema(income)["properties"]

    assert {name for name, described in properties.items() if "null" in described["type"]} == {
        "workclass",
        "occupation",
    }


def test_an_excluded_column_is_explained(income: Project) -> None:
    assert request_schema(income)["x-excluded"]["sex"] == "a protected attribute"
