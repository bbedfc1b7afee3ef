import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting import coverage_badge


def summary(ran: int, lines: int, ran_branches: int = 0, branches: int = 0) -> dict[str, dict[str, int]]:
    counts = {"covered_lines": ran, "num_statements": lines}
    return {"summary": counts | {"covered_branches": ran_branches, "num_branches": branches}}


def test_files_are_summed_by_package_with_their_branches():
    files = {
        "src/mlops_lab/cli.py": summary(1, 2),
        "src/mlops_lab/load/a.py": summary(6, 6, 2, 4),
        "src/mlops_lab/load/deep/b.py": summary(0, 0),
        "src/mlops_lab/empty/__init__.py": summary(0, 0),
    }

    assert coverage_badge.by_package(files) == {"load": 80.0, "mlops_lab": 50.0}


@pytest.mark.parametrize(
    ("percent", "colour"),
    [(100, coverage_badge.GREEN), (89.9, coverage_badge.YELLOW), (74.9, coverage_badge.RED)],
)
def test_the_badge_is_a_picture_with_the_figure_in_a_colour_that_says_whether_it_is_enough(percent: float, colour: str):
    picture = coverage_badge.badge(percent)

    assert colour in picture
    assert f"{percent:.0f} %" in "".join(ElementTree.fromstring(picture).itertext())


def test_figure_and_badge_are_written(tmp_path: Path):
    totals = {"percent_covered": 87.654, "covered_lines": 9, "num_statements": 10}
    measured = {"totals": totals, "files": {"src/mlops_lab/cli.py": summary(1, 2)}}
    (tmp_path / ".coverage.json").write_text(json.dumps(measured))

    told = coverage_badge.write(tmp_path, tmp_path / "reports")

    kept = json.loads((tmp_path / "reports/coverage.json").read_text())
    assert "90.0 % of lines, 87.7 % of lines and branches" in told
    assert (kept["lines"], kept["total"]) == (90.0, 87.7)
    assert "90 %" in (tmp_path / "reports/coverage.svg").read_text()


def test_without_a_measurement_one_is_told_what_measures(tmp_path: Path):
    with pytest.raises(LabError, match=r"\.coverage\.json cannot be read .*make coverage"):
        coverage_badge.write(tmp_path, tmp_path / "reports")
