"""A request's body: decoded and checked in one fast pass, explained in a second one where the first refuses it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import msgspec

MAX_ROWS = 1_000
MAX_PROBLEMS = 20
MAX_VALUE = 80  # characters of a value that an answer repeats
Row = tuple[Any, ...]  # a cell for each field of the schema, in its order
Columns = Mapping[str, Sequence[Any]]  # of equal length, by field
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Problem:
    """One broken rule: where, the value (shortened), and the rule."""

    instance: int | None
    field: str | None
    value: str
    rule: str


class InvalidRequestError(Exception):
    """The body breaks rules; the first of them are in `problems`."""

    def __init__(self, problems: list[Problem]):
        super().__init__(f"{len(problems)} rules are broken")
        self.problems = problems


class TooManyRowsError(Exception):
    """The body holds more rows than one request may."""


class RequestDecoder:
    """Decodes ``{"instances": [{...}, ...]}`` by a bundle's request schema."""

    def __init__(self, schema: Mapping[str, Any]):
        self._schema = schema
        self._fields: tuple[str, ...] = tuple(schema["required"])
        slots = [f"field_{number}" for number in range(len(self._fields))]  # a column may have any name
        types = [_type(schema["properties"][name]) for name in self._fields]
        row = msgspec.defstruct(
            "Instance",
            list(zip(slots, types, strict=True)),
            rename=dict(zip(slots, self._fields, strict=True)),
            forbid_unknown_fields=True,
            gc=False,  # it holds text and numbers
        )
        rows = Annotated[list[row], msgspec.Meta(min_length=1)]  # type: ignore[valid-type]
        body = msgspec.defstruct("Body", [("instances", rows)], forbid_unknown_fields=True)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(body)

    def decode(self, body: bytes) -> list[Row]:
        """Return the rows, which `columns` turns into columns.

        Raises:
            InvalidRequestError: The body is not JSON or breaks the schema.
            TooManyRowsError: It holds more than MAX_ROWS rows.
        """
        try:
            rows = self._decoder.decode(body).instances
        except UNDECODABLE as error:
            raise InvalidRequestError(self._explain(body, error)) from None
        if len(rows) > MAX_ROWS:
            raise TooManyRowsError
        return list(map(msgspec.structs.astuple, rows))

    def columns(self, rows: Iterable[Row]) -> dict[str, Row]:
        """Turn rows, those of several requests if need be, into columns."""
        return dict(zip(self._fields, zip(*rows, strict=True), strict=True))

    def _explain(self, body: bytes, refusal: Exception) -> list[Problem]:
        try:
            document = msgspec.json.decode(body)
        except UNDECODABLE as error:
            return [Problem(None, None, _shortened(body.decode(errors="replace")), f"must be JSON: {error}")]
        problems = list(islice(self._problems(document), MAX_PROBLEMS))
        return problems or [Problem(None, None, _json(document), str(refusal))]

    def _problems(self, document: Any) -> Iterator[Problem]:
        instances = document.get("instances") if isinstance(document, dict) else None
        if not isinstance(instances, list) or not instances or set(document) != {"instances"}:
            yield Problem(None, None, _json(document), 'must be {"instances": [...]} with at least one instance')
            return
        if len(instances) > MAX_ROWS:
            raise TooManyRowsError
        for index, instance in enumerate(instances):
            yield from self._instance_problems(index, instance)

    def _instance_problems(self, index: int, instance: Any) -> Iterator[Problem]:
        if not isinstance(instance, dict):
            yield Problem(index, None, _json(instance), "must be an object")
            return
        for name in self._fields:
            if name not in instance:
                yield Problem(index, name, "(absent)", f"is required: {_rule(self._schema['properties'][name])}")
            elif not _allowed(self._schema["properties"][name], instance[name]):
                yield Problem(index, name, _json(instance[name]), f"must be {_rule(self._schema['properties'][name])}")
        for name in instance.keys() - set(self._fields):
            reason = self._schema.get("x-excluded", {}).get(name)
            rule = f"is not used by this model ({reason})" if reason else "is not a field of this model"
            yield Problem(index, _shortened(name), _json(instance[name]), rule)


def _type(described: Mapping[str, Any]) -> Any:
    kind, nullable = _kind(described)
    limited = _text_type(described) if kind == "string" else _number_type(described, kind == "integer")
    return limited | None if nullable else limited


def _text_type(described: Mapping[str, Any]) -> Any:
    pattern = described.get("pattern")
    limits = msgspec.Meta(min_length=described["minLength"], max_length=described["maxLength"], pattern=pattern)
    return Annotated[str, limits]


def _number_type(described: Mapping[str, Any], whole: bool) -> Any:
    lowest, highest = described.get("minimum"), described.get("maximum")
    number: Any = Annotated[float, msgspec.Meta(ge=lowest, le=highest, multiple_of=1 if whole else None)]
    if not (whole and isinstance(lowest, int) and isinstance(highest, int)):
        return number
    # JSON Schema's integer: 38.0 is one; most are written 38, which is read in half the time.
    return Annotated[int, msgspec.Meta(ge=lowest, le=highest)] | number


def _kind(described: Mapping[str, Any]) -> tuple[str, bool]:
    kinds = described["type"]
    return (kinds[0], True) if isinstance(kinds, list) else (kinds, False)


def _allowed(described: Mapping[str, Any], value: Any) -> bool:
    kind, nullable = _kind(described)
    if value is None:
        return nullable
    if kind == "string":
        return isinstance(value, str) and _fits(described, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # An int is whole without a look: one of 400 digits is no float.
    whole = kind == "number" or isinstance(value, int) or value.is_integer()
    return whole and described.get("minimum", value) <= value <= described.get("maximum", value)


def _fits(described: Mapping[str, Any], text: str) -> bool:
    if not described["minLength"] <= len(text) <= described["maxLength"]:
        return False
    return re.search(described.get("pattern", ""), text) is not None


def _rule(described: Mapping[str, Any]) -> str:
    kind, nullable = _kind(described)
    if "pattern" in described:
        rule = "a time of the calendar such as 2019-01-15T08:30:00, without an offset"
    elif kind == "string":
        rule = f"text of {described['minLength']} to {described['maxLength']} characters"
    else:
        bounds = [(word, described.get(key)) for word, key in (("at least", "minimum"), ("at most", "maximum"))]
        limits = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        rule = " ".join(filter(None, ("an integer" if kind == "integer" else "a number", limits)))
    return f"{rule}, or null" if nullable else rule


def _json(value: Any) -> str:
    return _shortened(msgspec.json.encode(value).decode())


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}..."
