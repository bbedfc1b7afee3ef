"""Evaluates IAM policy documents: effect, actions, resources and conditions. Pure.

Source: "Policy evaluation logic" in the IAM user guide. Principals are not looked at: the caller has chosen the
documents that apply.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

Decision = Literal["allowed", "denied", "implicitly denied"]
Context = Mapping[str, str]  # condition key in lower case -> the request's value
Document = Mapping[str, Any]  # a policy


def decide(documents: Iterable[Document], action: str, resource: str, context: Context) -> Decision:
    """Return what policy documents say of an action ("s3:PutObject") on a resource (an ARN); a denial wins."""
    effects = {statement["Effect"] for statement in _applying(documents, action, resource, context)}
    if "Deny" in effects:
        return "denied"
    return "allowed" if "Allow" in effects else "implicitly denied"


def granting(documents: Iterable[Document], action: str, resource: str, context: Context) -> str | None:
    """Return the pattern of the resource by which policy documents allow an action; None where they do not.

    A statement with ``NotResource`` allows by ``*``.
    """
    applying = list(_applying(documents, action, resource, context))
    if not applying or any(each["Effect"] == "Deny" for each in applying):
        return None
    patterns = _listed(applying[0].get("Resource", "*"))
    return next(str(each) for each in patterns if _matches(each, resource))


def _applying(documents: Iterable[Document], action: str, resource: str, context: Context) -> Iterator[Document]:
    for document in documents:
        for statement in _listed(document["Statement"]):
            if _applies(statement, action, resource, context):
                yield statement


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _named(statement, "Action", action.lower(), str.lower)
        and _named(statement, "Resource", resource, str)
        and all(
            _holds(operator, key.lower(), _listed(values), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _named(statement: Mapping[str, Any], element: str, value: str, normal: Any) -> bool:
    if f"Not{element}" in statement:
        return not any(_matches(normal(each), value) for each in _listed(statement[f"Not{element}"]))
    return any(_matches(normal(each), value) for each in _listed(statement.get(element, [])))


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    """Whether a condition holds; one on a key that the request has not does not, except the negated and IfExists."""
    negated = "Not" in operator
    if key not in context:
        return negated or operator.endswith("IfExists")
    actual = context[key]
    if operator.removesuffix("IfExists") in ("Bool", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"):
        found = actual.lower() in {str(each).lower() for each in wanted}
    elif "Like" in operator or operator.startswith("Arn"):
        found = any(_matches(each, actual) for each in wanted)
    else:
        found = actual in wanted
    return found != negated


def _matches(pattern: str, value: str) -> bool:
    wildcards = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wildcards, value, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
