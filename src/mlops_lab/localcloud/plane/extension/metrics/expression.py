"""Metric math: + - * / with numbers, ids, brackets and FILL(id, number). Pure.

CloudWatch's syntax for these is Python's too, so Python parses it; nothing is ever executed.
"""

import ast
import operator
from collections.abc import Callable, Mapping

Points = Mapping[int, float]  # second -> value
_Value = Points | float

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class ExpressionError(ValueError):
    """An expression cannot be computed; the message says why."""


def compute(expression: str, known: Mapping[str, Points], period: int = 60, span: tuple[int, int] = (0, 0)) -> Points:
    """Return the values of an expression.

    A second at which one operand has no value, or at which it divides by zero, has none.

    Args:
        expression: For example ``(errors / requests) * 100``.
        known: The values of each id.
        period: Seconds between values, for FILL.
        span: First second and end, for FILL.

    Raises:
        ExpressionError: The expression is malformed, or uses what is not known here.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        raise ExpressionError(f"{expression!r} is not an expression") from None
    result = _Evaluation(known, period, span).of(tree)
    if isinstance(result, float):
        raise ExpressionError(f"{expression!r} is a number, not a time series")
    return result


class _Evaluation:
    def __init__(self, known: Mapping[str, Points], period: int, span: tuple[int, int]) -> None:
        self._known = known
        self._period = period
        self._span = span

    def of(self, node: ast.expr) -> _Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _combined(operator.sub, 0.0, self.of(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _combined(_OPERATORS[type(node.op)], self.of(node.left), self.of(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FILL":
            return self._filled(node.args)
        raise ExpressionError(f"{ast.unparse(node)} is not supported; use + - * /, numbers, ids and FILL(id, number)")

    def _named(self, name: str) -> Points:
        if name not in self._known:
            raise ExpressionError(f"{name} is not the id of a metric before it")
        return self._known[name]

    def _filled(self, arguments: list[ast.expr]) -> Points:
        series, filling = (self.of(each) for each in arguments) if len(arguments) == 2 else (0.0, 0.0)
        if isinstance(series, float) or not isinstance(filling, float):
            raise ExpressionError("FILL takes an id and a number")
        first, end = self._span
        return {second: series.get(second, filling) for second in range(first, end, self._period)}


def _combined(function: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
    if isinstance(left, float) and isinstance(right, float):
        return _number(function, left, right)
    seconds = left.keys() if not isinstance(left, float) else right.keys()  # type: ignore[union-attr]
    if not isinstance(left, float) and not isinstance(right, float):
        seconds = left.keys() & right.keys()
    pairs = ((second, _at(left, second), _at(right, second)) for second in sorted(seconds))
    values = ((second, _safely(function, one, other)) for second, one, other in pairs)
    return {second: value for second, value in values if value is not None}


def _number(function: Callable[[float, float], float], left: float, right: float) -> float:
    if (result := _safely(function, left, right)) is None:
        raise ExpressionError(f"{left} is divided by zero")
    return result


def _at(value: _Value, second: int) -> float:
    return value if isinstance(value, float) else value[second]


def _safely(function: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        return function(left, right)
    except ZeroDivisionError:
        return None
