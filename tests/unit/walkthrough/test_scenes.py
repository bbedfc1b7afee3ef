import pytest

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.captions import shares
from mlops_lab.walkthrough.scene import View, chosen, read, source

CARD = '[[scene]]\nid = "a"\ntitle = "A"\nseconds = 4\ncard = ["A"]\ncaptions = ["first", "second"]\n'
FASTEST = 20  # letters a second that a reader follows
LONGEST = 130  # letters that fit into two lines


def test_a_scene_is_read_with_its_captions_and_views() -> None:
    text = CARD.replace('card = ["A"]', 'views = [{ page = "{site}/index.html", at = "#loop" }]')

    (scene,) = read(text)

    assert scene.captions == ("first", "second")
    assert scene.views == (View("{site}/index.html", at="#loop"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CARD + "speed = 2\n", "'speed', which no scene has"),
        (CARD.replace('card = ["A"]\n', ""), "one of card, command, views"),
        (CARD + 'command = "make demo"\n', "one of card, command, views"),
        (CARD.replace("seconds = 4\n", ""), "incomplete"),
        (CARD.replace("seconds = 4", "seconds = 0"), "needs seconds"),
        (CARD + CARD, "names a scene twice"),
        ("[[scene", "no TOML"),
    ],
)
def test_a_scene_that_cannot_be_filmed_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        read(text)


def test_a_changed_caption_or_command_makes_another_scene() -> None:
    (before,), (after,) = read(CARD), read(CARD.replace("first", "third"))

    assert before.digest != after.digest


def test_chosen_scenes_keep_the_film_s_order_and_unknown_ones_are_named() -> None:
    scenes = read(CARD + CARD.replace('"a"', '"b"'))

    assert [each.id for each in chosen(scenes, ["b", "a"])] == ["a", "b"]
    with pytest.raises(LabError, match=r"SCENES names 'c'; use some of a, b\."):
        chosen(scenes, ["c"])


def test_the_film_lasts_three_to_five_minutes_and_its_captions_can_be_read() -> None:
    scenes = read(source())

    assert 180 <= sum(scene.seconds for scene in scenes) <= 300
    shown = [(text, seconds) for scene in scenes for text, seconds in zip(scene.captions, shares(scene), strict=True)]
    assert [text for text, seconds in shown if len(text) > LONGEST or len(text) / seconds > FASTEST] == []
