import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from mlops_lab.errors import LabError
from mlops_lab.pipeline.resources import read
from mlops_lab.reporting.architecture import describe
from mlops_lab.reporting.diagram import draw
from mlops_lab.reporting.frame import Frame
from mlops_lab.reporting.picture import png, save
from mlops_lab.reporting.surroundings import shelves

State = Callable[[str], dict[str, Any]]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def with_another(show: dict[str, Any], name: str) -> dict[str, Any]:
    """The state with a third project, as Terraform would have built it: taxi's resources under another name."""
    held = show["values"]["root_module"]["resources"]
    like_taxi = [json.dumps(each) for each in held if "taxi" in each["address"]]
    added = [json.loads(text.replace("taxi", name).replace("mlops-api-2", "mlops-api-3")) for text in like_taxi]
    return {"values": {"root_module": {"resources": held + added}}}


def overlap(first: Any, second: Any) -> bool:
    """Whether two boxes share more than a pixel."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return bool(width > 1 and height > 1)


def test_the_picture_names_what_the_state_holds(state: State, layout: str) -> None:
    said = texts(draw(state(layout)))

    for expected in ("10.20.0.0/16", "us-east-1a", "us-east-1b", "public subnet 10.20.1.0/24", "taxi canary"):
        assert expected in said
    for expected in (
        "mlops-api-1",
        "/ecs/mlops-lab/taxi",
        "/mlops-lab/api-key (secret)",
        "mlops-lab-models (versioned)",
    ):
        assert expected in said


def test_each_layout_draws_its_own_way_out(state: State) -> None:
    public, endpoints, nat = (texts(draw(state(name))) for name in ("public-tasks", "vpc-endpoints", "nat"))

    assert "public IPv4" in public
    assert "nothing runs here in this layout" in public
    assert endpoints.count("ecr.api, ecr.dkr, logs, ssm") == 2
    assert nat.count("NAT gateway") == 1
    assert "public IPv4" not in nat + endpoints
    assert "NAT gateway" not in public + endpoints


def test_a_third_project_appears_by_itself(state: State, layout: str) -> None:
    said = texts(draw(with_another(state(layout), "credit")))

    assert {"/credit/*", "/ecs/mlops-lab/credit", "mlops-api-3", "mlops-lab-credit-retrain (off)"} <= set(said)
    assert said.count("credit stable") == said.count("credit canary") == 2


def test_services_stand_in_the_subnets_that_they_use(state: State, layout: str) -> None:
    resources = read(state(layout))
    frame = Frame(describe(resources), shelves(resources))

    bands = {subnet.id: frame.band(tier, subnet.zone) for tier in frame.tiers for subnet in frame.of(tier)}
    for service in frame.shape.services:
        homes = sorted((bands[subnet] for subnet in service.subnets), key=lambda band: band.x)
        for chip, home in zip(frame.chips(service), homes, strict=True):
            assert home.x < chip.x < chip.right < home.right
            assert home.y < chip.y < chip.bottom < home.bottom


def test_the_weights_are_those_of_the_state(state: State) -> None:
    show = state("public-tasks")
    rules = [each for each in show["values"]["root_module"]["resources"] if each["type"] == "aws_lb_listener_rule"]
    for target in rules[0]["values"]["action"][0]["forward"][0]["target_group"]:
        target["weight"] = 3 if target["weight"] else 1

    said = texts(draw(show))

    assert [said.count(share) for share in ("75%", "25%", "100%", "0%")] == [1, 1, 1, 1]


@pytest.mark.parametrize("projects", [2, 3])
def test_no_text_covers_another_or_leaves_the_page(state: State, layout: str, projects: int) -> None:
    show = state(layout) if projects == 2 else with_another(state(layout), "longest-name")

    figure = draw(show)

    figure.canvas.draw()
    boxes = {(text.get_text(), text.get_position()): text.get_window_extent() for text in figure.axes[0].texts}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        assert not overlap(first, second), (one, other)
    assert all(box.x0 > 0 and box.y0 > 0 and box.x1 < figure.bbox.width for box in boxes.values())


def test_the_picture_is_1200_pixels_wide_and_the_same_each_time(state: State, tmp_path: Path) -> None:
    show = state("public-tasks")

    first, second = draw(show), draw(show)

    assert first.bbox.width == 1200
    assert png(first) == png(second)
    assert save(first, tmp_path / "a.svg").read_bytes() == save(second, tmp_path / "b.svg").read_bytes()


def test_a_state_of_nothing_says_what_to_do() -> None:
    with pytest.raises(LabError, match="The state holds 0 of aws_vpc, a report needs one; run `make apply`"):
        draw({"values": {}})
