"""When schedules are due, as AWS documents it."""

from datetime import UTC, datetime, timedelta

import pytest

from mlops_lab.localcloud.agent.recurrence import UnreadableError, next_due

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def due(expression: str, after: str, zone: str = "UTC") -> str | None:
    found = next_due(expression, zone, BEGIN, datetime.fromisoformat(after).replace(tzinfo=UTC))
    return f"{found:%Y-%m-%d %H:%M}" if found else None


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("at(2026-03-01T12:00:00)", "2026-03-01 11:59", "2026-03-01 12:00"),
        ("at(2026-03-01T12:00:00)", "2026-03-01 12:00", None),
        ("rate(5 minutes)", "2026-01-01 00:07", "2026-01-01 00:10"),
        ("rate(1 hour)", "2026-01-01 01:00", "2026-01-01 02:00"),
        ("rate(2 days)", "2025-12-01 00:00", "2026-01-03 00:00"),
        ("cron(0 6 ? * MON *)", "2026-11-23 06:00", "2026-11-30 06:00"),
        ("cron(0 12 L * ? *)", "2026-02-01 00:00", "2026-02-28 12:00"),
        ("cron(0 12 1W * ? *)", "2026-08-01 13:00", "2026-08-03 12:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-11-03 00:00", "2026-12-07 09:00"),
        ("cron(15 10 ? * 6L 2026)", "2026-12-01 00:00", "2026-12-25 10:15"),
        ("cron(0 0 1 1 ? 2025)", "2026-01-01 00:00", None),
    ],
)
def test_a_schedule_is_due_when_its_expression_says(expression: str, after: str, expected: str | None) -> None:
    assert due(expression, after) == expected


def test_a_time_that_the_clock_skips_in_spring_is_skipped() -> None:
    assert due("cron(30 2 * * ? *)", "2026-03-28 12:00", "Europe/Berlin") == "2026-03-30 00:30"


def test_a_time_that_the_clock_shows_twice_in_autumn_is_due_once() -> None:
    first = due("cron(30 2 * * ? *)", "2026-10-24 12:00", "Europe/Berlin")
    assert first == "2026-10-25 00:30"

    assert due("cron(30 2 * * ? *)", first, "Europe/Berlin") == "2026-10-26 01:30"


def test_a_moment_is_read_on_the_clock_of_its_zone() -> None:
    assert due("at(2026-07-01T12:00:00)", "2026-01-01 00:00", "America/New_York") == "2026-07-01 16:00"


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("every day", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("rate(5 weeks)", "UTC"),
        ("cron(61 * * * ? *)", "UTC"),
        ("cron(0 6 * * MON *)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("at(2026-03-01T12:00:00)", "Mars/Olympus"),
    ],
)
def test_what_is_no_schedule_is_quoted(expression: str, zone: str) -> None:
    with pytest.raises(UnreadableError, match=expression.split("(")[0]):
        next_due(expression, zone, BEGIN, BEGIN)


def test_every_due_time_of_a_day_is_found_once() -> None:
    found, moment = [], BEGIN
    while (moment := next_due("cron(0/15 * * * ? *)", "UTC", BEGIN, moment)) and moment <= BEGIN + timedelta(days=1):  # type: ignore[assignment]
        found.append(moment)

    assert found == [BEGIN + timedelta(minutes=15 * each) for each in range(1, 97)]
