import pytest

from mlops_lab.outcomes.film import EVERY, STILL, faults
from mlops_lab.walkthrough.ffmpeg import Facts

GOOD = Facts(200, "h264", 1920, 1080, "mov_text")


def pictures(count: int) -> list[bytes]:
    return [bytes([0, number, 255]) for number in range(count)]


def test_a_film_that_moves_and_lasts_has_no_fault() -> None:
    assert faults(GOOD, pictures(200 // EVERY)) == []


def test_a_picture_that_stays_for_a_card_is_no_fault() -> None:
    samples = pictures(200 // EVERY)
    samples[1:STILL] = [samples[0]] * (STILL - 1)

    assert faults(GOOD, samples) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (Facts(200, "hevc", 1920, 1080, ""), "the film is hevc, 1920x1080"),
        (Facts(200, "h264", 1280, 720, ""), "the film is h264, 1280x720"),
        (Facts(179, "h264", 1920, 1080, ""), "lasts 179 s"),
        (Facts(301, "h264", 1920, 1080, ""), "lasts 301 s"),
    ],
)
def test_another_codec_size_or_length_is_a_fault(facts: Facts, said: str) -> None:
    (found,) = faults(facts, pictures(int(facts.seconds) // EVERY))

    assert said in found


def test_a_black_a_frozen_and_a_torn_film_are_faults() -> None:
    black = [bytes(3), *pictures(39)]
    frozen = [bytes([0, 1, 255])] * (STILL + 1) + pictures(36)

    assert faults(GOOD, black) == ["nothing is seen at 0 s"]
    assert faults(GOOD, frozen) == [f"the picture stands still for {STILL * EVERY} s"]
    assert faults(GOOD, pictures(10)) == ["only 50 s of the film can be decoded"]
