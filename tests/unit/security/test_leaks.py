import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.security.leaks import Place, look, secret_part

VALUE = 'q+7/Zk"x 2fT0pLm9'
CARRIED: list[Callable[[str], bytes]] = [
    str.encode,
    lambda value: json.dumps({"key": value}).encode(),
    lambda value: f"https://u:{quote(value, safe='')}@host".encode(),
    lambda value: b64encode(value.encode()),
    lambda value: b64encode(b"u:" + value.encode() + b"@"),
    lambda value: b64encode(b"key=" + value.encode() + b"\n"),
]


def place(*chunks: bytes) -> Place:
    return Place("somewhere", b"marker", lambda: [b"marker", *chunks])


@pytest.mark.parametrize("carry", CARRIED)
def test_a_value_is_found_in_every_form_that_text_carries_it_in(carry: Callable[[str], bytes]):
    text = b"before " + carry(VALUE) + b" after"

    seen = look(place(text), {"key": VALUE, "other": "never-there"})

    assert (seen.found, seen.size) == (("key",), len(b"marker") + len(text))


@given(st.integers(0, 60), st.sampled_from(CARRIED))
def test_a_value_is_found_wherever_the_reading_breaks(cut: int, carry: Callable[[str], bytes]):
    text = b"before " + carry(VALUE) + b" after"

    assert look(place(text[:cut], text[cut:]), {"key": VALUE}).found == ("key",)


def test_a_place_without_the_value_is_clean():
    assert look(place(VALUE[:-1].encode(), b"-", VALUE[1:].encode()), {"key": VALUE}).found == ()


def test_a_place_that_does_not_hold_what_it_must_was_not_read():
    empty = Place("the logs", b"start", list)

    with pytest.raises(LabError, match="the logs was not read: its 0 bytes do not hold 'start'"):
        look(empty, {"key": VALUE})


def test_a_value_that_could_stand_anywhere_by_chance_is_refused():
    with pytest.raises(LabError, match="7 characters cannot be told from chance"):
        look(place(), {"key": "letters"})


@pytest.mark.parametrize(
    ("value", "secret"),
    [("abc", "abc"), ("http://127.0.0.1:5001", None), ("sqlite:////mnt/db", None), ("https://u:pw@host/x", "pw")],
)
def test_of_an_address_the_password_is_secret(value: str, secret: str | None):
    assert secret_part(value) == secret
