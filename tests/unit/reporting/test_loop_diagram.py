"""The loop's picture is a ring in either form, and is well-formed XML that needs nothing else."""

from xml.etree import ElementTree

import pytest

from mlops_lab.reporting.loop_diagram import STAGES, Stage, draw

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("columns", [2, 6])
def test_every_stage_has_a_box_and_a_way_on(columns: int):
    tree = ElementTree.fromstring(draw(columns=columns))

    assert len(tree.findall(f"{SVG}rect")) == len(STAGES)
    assert len(tree.findall(f"{SVG}path")) == len(STAGES)


@pytest.mark.parametrize("columns", [2, 6])
def test_every_way_joins_two_neighbours(columns: int):
    tree = ElementTree.fromstring(draw(columns=columns))

    lines = [path.get("d") or "" for path in tree.findall(f"{SVG}path")]
    assert all(line.count("V") + line.count("H") == 1 for line in lines)
    assert len(set(lines)) == len(lines)


def test_a_name_with_an_ampersand_is_text():
    tree = ElementTree.fromstring(draw([Stage("a & b", "<x>"), Stage("c", "d")], columns=1))

    assert "a & b" in [text.text for text in tree.findall(f"{SVG}text")]
