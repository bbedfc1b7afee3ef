import pytest

from mlops_lab.errors import LabError
from mlops_lab.registry.promotion import Promotion, in_charge

MOVES = [
    Promotion("2026-11-20T09:00:00.000000Z", "a", "better", "1", "2"),
    Promotion("2026-11-22T23:59:00.000000Z", "b", "damage", "2", "3"),
]


@pytest.mark.parametrize(
    ("day", "version"),
    [("2026-11-19", "1"), ("2026-11-20", "2"), ("2026-11-21", "2"), ("2026-11-22", "3"), ("2026-12-01", "3")],
)
def test_the_promotions_tell_what_was_in_charge_at_the_end_of_a_day(day: str, version: str):
    assert in_charge(MOVES, day) == version


def test_without_a_promotion_nobody_can_tell():
    with pytest.raises(LabError, match="No promotion is on record"):
        in_charge([], "2026-11-22")
