import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.walkthrough.pace import LINE, WAIT, Piece, clock, paced, real, unrolled

MOMENTS = st.lists(st.floats(0, 1000), min_size=1, max_size=50).map(sorted)


def at(*moments: float) -> list[Piece]:
    return [Piece(moment, b"") for moment in moments]


def test_a_long_wait_is_shortened_and_quick_output_keeps_its_pace() -> None:
    assert paced(at(0.5, 1.0, 61.0, 61.5), room=60) == pytest.approx([0.5, 1.0, 1.0 + WAIT, 1.5 + WAIT])


def test_waits_are_cut_to_one_length_where_they_would_not_fit() -> None:
    assert paced(at(0.5, 30.5, 80.5), room=4.5) == pytest.approx([0.5, 2.5, 4.5])


def test_output_without_waits_is_quickened_alike() -> None:
    assert paced(at(1.0, 2.0, 3.0, 4.0), room=2) == pytest.approx([0.5, 1.0, 1.5, 2.0])


@given(MOMENTS, st.floats(0.5, 60))
def test_output_keeps_its_order_and_ends_within_the_room(moments: list[float], room: float) -> None:
    film = paced(at(*moments), room)

    assert film == sorted(film)
    assert 0 <= film[-1] <= room * (1 + 1e-9)


def test_output_longer_than_a_screen_is_shown_line_by_line_and_shorter_one_at_once() -> None:
    pieces = list(unrolled([(1.0, b"a\nb\n"), (2.0, b"1\n2\n3\n")], lines=2))

    assert [piece.data for piece in pieces] == [b"a\nb\n", b"1\n", b"2\n", b"3\n"]
    assert paced(pieces, room=60) == pytest.approx([1.0, 2.0, 2.0 + LINE, 2.0 + 2 * LINE])


def test_a_table_that_is_drawn_anew_is_shown_at_once() -> None:
    redrawn = b"1\n2\n3\n\x1b[3A1\n2\n4\n"

    assert list(unrolled([(1.0, redrawn)], lines=2)) == [Piece(1.0, redrawn)]


def test_output_that_a_terminal_hands_on_in_parts_is_one() -> None:
    parts = [(1.0, b"a\nb"), (1.01, b"c\nd\n"), (1.5, b"e\n")]

    assert [(piece.moment, piece.data) for piece in unrolled(parts, lines=2)] == [
        (1.0, b"a\n"),
        (1.0, b"bc\n"),
        (1.0, b"d\n"),
        (1.5, b"e\n"),
    ]


def test_the_real_time_runs_through_a_shortened_wait() -> None:
    pieces = at(1.0, 61.0)
    film = paced(pieces, room=60)

    assert real(film[0], film, pieces) == pytest.approx(1.0)
    assert real(film[0] + WAIT / 2, film, pieces) == pytest.approx(31.0)
    assert real(film[1] + 5, film, pieces) == 61.0


def test_nothing_written_is_paced_as_nothing() -> None:
    assert paced([], room=5) == []
    assert real(3, [], []) == 0.0


def test_the_clock_says_minutes_and_seconds() -> None:
    assert [clock(0.9), clock(61.5), clock(600)] == ["0:00", "1:01", "10:00"]
