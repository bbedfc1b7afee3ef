"""When a schedule of EventBridge Scheduler is due. Pure.

Times are computed on the clock of the schedule's time zone: in spring a time that the clock skips is skipped, in autumn
one that it shows twice is due once, as AWS does it
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter

UNITS: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_EXPRESSION = re.compile(r"(at|rate|cron)\((.+)\)")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")


class UnreadableError(ValueError):
    """An expression is none of at, rate and cron; the message quotes it."""


def next_due(expression: str, zone: str, begin: datetime, after: datetime) -> datetime | None:
    """Return the first moment after another at which a schedule is due; None: there is none any more.

    Args:
        expression: ``at(...)``, ``rate(...)`` or ``cron(...)``.
        zone: IANA name of the time zone of `at` and `cron`.
        begin: What `rate` counts from: the schedule's start, or its creation.
        after: An aware time.

    Raises:
        UnreadableError: The expression or the time zone cannot be read.
    """
    kind, text = _parsed(expression)
    try:
        if kind == "rate":
            return _next_of_rate(text, begin, after)
        clock = ZoneInfo(zone)
        if kind == "at":
            moment = datetime.fromisoformat(text).replace(tzinfo=clock).astimezone(UTC)
            return moment if moment > after else None
        return _next_of_cron(text, clock, after)
    except (LookupError, ValueError) as error:  # an unknown zone is a KeyError
        raise UnreadableError(f"{expression} in {zone}: {error}") from None


def _parsed(expression: str) -> tuple[str, str]:
    match = _EXPRESSION.fullmatch(expression.strip())
    if match is None:
        raise UnreadableError(f"{expression} is none of at(...), rate(...) and cron(...)")
    return match[1], match[2]


def _next_of_rate(text: str, begin: datetime, after: datetime) -> datetime:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("a rate is a number of minutes, hours or days")
    interval = int(match[1]) * UNITS[match[2]]
    passed = max(0, (after - begin) // interval)
    return begin + (passed + 1) * interval


def _next_of_cron(text: str, clock: ZoneInfo, after: datetime) -> datetime | None:
    expression = AwsCroniter(text)
    shown = after.astimezone(clock).replace(
        tzinfo=UTC
    )  # the library knows UTC alone: what the clock shows, as if it were
    while (following := expression.get_next(shown)[0]) is not None:
        shown = following
        moment: datetime = shown.replace(tzinfo=clock).astimezone(UTC)
        if moment > after and moment.astimezone(clock).replace(tzinfo=UTC) == shown:
            return moment
    return None
