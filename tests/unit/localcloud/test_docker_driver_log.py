from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.localcloud.docker_log import CHUNK, read, since


def stamp(nanoseconds: int) -> str:
    return f"2026-11-23T06:00:{nanoseconds // 10**9:02d}.{nanoseconds % 10**9:09d}Z"


def log(*entries: tuple[int, str]) -> bytes:
    return "".join(f"{stamp(time)} {text}\n" for time, text in entries).encode()


def test_a_line_has_its_time_in_milliseconds():
    ((line,), _) = read(log((1_234_567_890, "hello")), None)

    assert line.message == "hello"
    assert line.timestamp % 60_000 == 1_234


def test_lines_before_the_cursor_are_not_read_again():
    _, cursor = read(log((1, "a"), (2, "b")), None)

    lines, _ = read(log((1, "a"), (2, "b"), (3, "c")), cursor)

    assert [line.message for line in lines] == ["c"]


def test_lines_of_the_same_moment_are_told_apart_by_their_number():
    _, cursor = read(log((5, "a"), (5, "b")), None)

    lines, _ = read(log((5, "a"), (5, "b"), (5, "c")), cursor)

    assert [line.message for line in lines] == ["c"]


def test_nothing_new_leaves_the_cursor_as_it_was():
    _, cursor = read(log((1, "a")), None)

    assert read(log((1, "a")), cursor) == ([], cursor)
    assert read(b"", cursor) == ([], cursor)
    assert read(b"", None) == ([], None)


def test_a_line_that_has_not_ended_is_left_for_the_next_time():
    whole = log((1, "a"), (2, "begun"))

    lines, cursor = read(whole[:-1], None)
    rest, _ = read(whole, cursor)

    assert [line.message for line in lines] == ["a"]
    assert [line.message for line in rest] == ["begun"]


def test_the_stamps_between_the_chunks_of_a_long_line_are_taken_out():
    raw = f"{stamp(1)} {'x' * CHUNK}{stamp(2)} {'y' * CHUNK}{stamp(3)} z\n".encode()

    ((line,), _) = read(raw, None)

    assert line.message == "x" * CHUNK + "y" * CHUNK + "z"


def test_a_long_line_without_stamps_inside_loses_nothing():
    ((line,), _) = read(log((1, "x" * (CHUNK + 10))), None)

    assert line.message == "x" * (CHUNK + 10)


def test_bytes_that_are_no_text_are_replaced():
    ((line,), _) = read(f"{stamp(1)} ".encode() + b"\xff\r\n", None)

    assert line.message == "\N{REPLACEMENT CHARACTER}"


def test_the_log_is_asked_for_from_the_second_of_the_cursor():
    assert since(None) == 0
    assert since("2026-11-23T06:00:01.999999999Z 3") == 1_795_413_601


@given(st.lists(st.integers(0, 5), max_size=30).map(sorted), st.lists(st.integers(0, 30), max_size=6).map(sorted))
def test_whatever_the_pauses_every_line_is_read_exactly_once(times: list[int], pauses: list[int]):
    entries = [(time, str(number)) for number, time in enumerate(times)]

    seen: list[str] = []
    cursor = None
    for pause in [*pauses, len(entries)]:
        lines, cursor = read(log(*entries[:pause]), cursor)
        seen += [line.message for line in lines]

    assert seen == [text for _, text in entries]
