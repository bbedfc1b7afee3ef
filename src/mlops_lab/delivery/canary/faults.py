"""Bad canaries, made on purpose by a change to the canary's task definition alone: for the demo, outcomes and tests."""

from collections.abc import Callable, Mapping
from typing import Any

from mlops_lab.errors import LabError

Json = Mapping[str, Any]
Change = Callable[[Json], dict[str, Any]]  # of a task definition as it is registered
PREDICT = "/predict"
EVERY = 3  # requests, of which one fails
SLEEP = 0.4  # seconds that a slow answer takes longer
LEAK = 8  # MiB that an answer leaves behind
WRONG = 0.5  # that every score is multiplied by
# What a faulty task runs in place of `python -m mlops_lab.serving`: the same service behind a layer that misbehaves.
PROGRAM = """
import asyncio, itertools, sys
from mlops_lab.serving import __main__ as serving

made, number, kept = serving.create_app, itertools.count(1), []

def create_app(model, *given):
    {spoil}
    app = made(model, *given)
    async def faulty(scope, receive, send):
        if scope["type"] == "http" and scope["path"].endswith({path!r}):
            {act}
        await app(scope, receive, send)
    return faulty

serving.create_app = create_app
sys.exit(serving.main())
"""
ACTS = {  # on every prediction
    "errors": f"if next(number) % {EVERY} == 0: raise ValueError('an input that the model does not take')",
    "leak": f"kept.append(b'x' * ({LEAK} << 20))",
    "slow": f"await asyncio.sleep({SLEEP})",
}
# On the model that was verified, and scores its example as it should.
SPOILS = {"scores": f"right = model._score; model._score = lambda columns: {WRONG} * right(columns)"}


def change(fault: str) -> Change:
    """Return what a fault changes in a released task definition; "" is a sound one.

    A release starts from its family's newest definition, which may be that of a bad canary: what its fault changed is
    undone first. (A bundle's hash is the release's own.)

    Raises:
        LabError: There is no such fault.
    """
    if fault and fault not in FAULTS:
        raise LabError(f"FAULT is {fault!r}; use one of {', '.join(FAULTS)}.")
    made = FAULTS[fault] if fault else dict
    return lambda definition: made(_sound(definition))


def _sound(definition: Json) -> dict[str, Any]:
    first, *others = definition["containerDefinitions"]
    kept = {name: value for name, value in first.items() if name != "entryPoint"}
    return {**definition, "containerDefinitions": [kept, *others]}


def _crashing(definition: Json) -> dict[str, Any]:
    """It ends as soon as it starts."""
    return _with(definition, entryPoint=["python", "-c", "raise SystemExit('a fault made on purpose')"])


def _other_hash(definition: Json) -> dict[str, Any]:
    """It is told another hash than its bundle has."""
    environment = definition["containerDefinitions"][0]["environment"]
    kept = [each for each in environment if each["name"] != "BUNDLE_SHA256"]
    return _with(definition, environment=[*kept, {"name": "BUNDLE_SHA256", "value": "0" * 64}])


def _failing(definition: Json) -> dict[str, Any]:
    """It answers one request in three with 500."""
    return _behind(definition, "errors")


def _slow(definition: Json) -> dict[str, Any]:
    """It takes 0.4 s longer for every answer."""
    return _behind(definition, "slow")


def _leaking(definition: Json) -> dict[str, Any]:
    """It keeps 8 MiB of every answer, until its limit kills it."""
    return _behind(definition, "leak")


def _wrong(definition: Json) -> dict[str, Any]:
    """It halves every score: answers that look right and are not."""
    return _behind(definition, "scores")


def _behind(definition: Json, fault: str) -> dict[str, Any]:
    return _with(definition, entryPoint=["python", "-c", program(fault)])


def program(fault: str) -> str:
    """Return the source of a service that misbehaves."""
    return PROGRAM.format(path=PREDICT, act=ACTS.get(fault, "pass"), spoil=SPOILS.get(fault, "pass"))


def _with(definition: Json, **container: Any) -> dict[str, Any]:
    first, *others = definition["containerDefinitions"]
    return {**definition, "containerDefinitions": [{**first, **container}, *others]}


FAULTS: Mapping[str, Change] = {
    "crash": _crashing,
    "hash": _other_hash,
    "errors": _failing,
    "slow": _slow,
    "leak": _leaking,
    "scores": _wrong,
}
