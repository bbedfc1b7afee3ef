"""The steps of a canary: which per cent of the requests it gets, one after the other. Pure."""

from itertools import pairwise

from mlops_lab.delivery.canary.traffic_split import WHOLE
from mlops_lab.errors import LabError

PLAN = "50"
FORM = f"use rising per cents by commas that begin below {WHOLE}, such as 50 or 5,25,50,{WHOLE}"


def parse_plan(text: str) -> tuple[int, ...]:
    """Read a plan such as ``5,25,50,100``.

    Raises:
        LabError: The text is no plan.
    """
    parts = [part.strip() for part in text.split(",")]
    steps = tuple(int(part) for part in parts if part.isdecimal())
    rising = all(before < after for before, after in pairwise(steps))
    if len(steps) != len(parts) or not rising or not 0 < steps[0] < WHOLE or steps[-1] > WHOLE:
        raise LabError(f"PLAN is {text!r}; {FORM}.")
    return steps
