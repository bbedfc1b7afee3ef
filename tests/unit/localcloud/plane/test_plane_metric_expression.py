import pytest

from mlops_lab.localcloud.plane.extension.metrics.expression import ExpressionError, compute

KNOWN = {"errors": {0: 1.0, 60: 2.0}, "requests": {0: 10.0, 60: 0.0, 120: 5.0}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("errors", {0: 1.0, 60: 2.0}),
        ("errors * 100 / requests", {0: 10.0}),
        ("(errors + 1) * 2", {0: 4.0, 60: 6.0}),
        ("10 - errors", {0: 9.0, 60: 8.0}),
        ("-errors", {0: -1.0, 60: -2.0}),
        ("errors + requests", {0: 11.0, 60: 2.0}),
        ("FILL(errors, 0) + requests", {0: 11.0, 60: 2.0, 120: 5.0}),
    ],
)
def test_an_expression_is_computed_second_by_second(expression: str, expected: dict):
    assert compute(expression, KNOWN, 60, (0, 180)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "unknown",
        "SEARCH('{n}', 'Sum', 60)",
        "SELECT AVG(x) FROM y",
        "1 + 1",
        "errors ** 2",
        "errors.real",
        "__import__('os')",
        "FILL(errors)",
        "FILL(1, 2)",
        "errors +",
        "errors / (1 / 0)",
        "",
    ],
)
def test_what_cannot_be_computed_is_refused(expression: str):
    with pytest.raises(ExpressionError):
        compute(expression, KNOWN, 60, (0, 180))
