"""The site is built from what is kept, says plainly what is not, breaks no link and reaches for no network."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from tests.unit.reporting.site.conftest import write_outcomes

from mlops_lab.errors import LabError
from mlops_lab.reporting.site.build import PAGES, build
from mlops_lab.reporting.site.figures import HIGHLIGHTS, highlight
from mlops_lab.reporting.site.links import broken, external
from mlops_lab.reporting.site.records import Kept, write

ROOT = Path(__file__).parents[4]
LIMIT_MB = 15


def text(site: Path, name: str) -> str:
    return (site.parent / name).read_text()


def test_without_records_each_section_says_that_there_are_none(reports: Path):
    site = build(reports)

    for page, said in {
        "canaries.html": "No canary is recorded yet",
        "models.html": "No model card is recorded yet",
        "dashboards.html": "No dashboard is recorded yet",
        "cost.html": "No cost is recorded yet",
        "quality.html": "Coverage is not measured yet",
        "walkthrough.html": "The walkthrough is not recorded yet",
    }.items():
        assert said in text(site, page)
    assert "The speed of serving is not measured yet" in text(site, "quality.html")


def test_the_front_page_counts_what_holds_and_what_is_not_checked(reports: Path):
    site = build(reports)

    assert "1 of 2 outcomes that were checked hold, 1 failed; 46 of the plan" in text(site, "index.html")
    assert "1 / 48" in text(site, "index.html")


def test_evidence_is_text_and_never_markup(reports: Path):
    site = build(reports)

    assert "&lt;bucket&gt;" in text(site, "outcomes.html")
    assert "<bucket>" not in text(site, "outcomes.html")


def test_outcomes_are_in_the_order_of_their_numbers(reports: Path):
    write_outcomes(reports, ("2.10", "pass", "b"), ("2.9", "pass", "a"))

    site = build(reports)

    assert re.findall(r'id="o([\d.]+)"', text(site, "outcomes.html")) == ["2.9", "2.10"]


def test_a_week_s_figure_is_on_the_front_page_and_leads_to_its_notebook(reports: Path):
    site = build(reports)

    assert '<a href="week2.html"><img src="week2.png"' in text(site, "index.html")
    assert (site.parent / "week2.png").read_bytes().startswith(b"\x89PNG")
    assert '<a href="index.html">' in text(site, "week2.html")


def test_a_canary_that_was_rolled_back_tells_when_and_why(reports: Path, canary: Path):
    site = build(reports)

    page = text(site, "canaries.html")
    assert "rolled back: 5xx above stable&#39;s" in page
    assert "9 of 100 requests failed, where 64 can have met the canary" in page
    assert "12.0 s" in page
    assert '<path class="weight"' in page
    assert page.count('class="share"') == 1


def test_the_speed_of_serving_is_told_with_what_was_missed(reports: Path):
    server = {"name": "its floor", "p50_ms": 0.13, "requests_per_second": 10860.7, "mib": 112.4}
    ratio = {"name": "service / floor", "found": 0.52, "bound": "at least", "limit": 0.85, "met": False}
    told = {"recorded": "2026-01-01", "cores": 2, "connections": 16, "servers": [server], "ratios": [ratio]}
    write(Kept(reports).serving, told)

    page = text(build(reports), "quality.html")

    assert '<td class="number">10,861</td>' in page
    assert '<td class="number">0.52</td>\n<td class="number">at least 0.85</td><td>missed</td>' in page


def test_what_a_row_takes_and_more_tasks_answer_is_told(reports: Path):
    rows = [
        {"rows": 1, "cpu_seconds": 61e-6, "requests_per_second": 9_000},
        {"rows": 100, "cpu_seconds": 250e-6, "requests_per_second": 3_000},
    ]
    tasks = [{"tasks": 2, "requests_per_second": 14_321.4, "times": 1.594}]
    write(Kept(reports).sizing, {"recorded": "2026-01-01", "cores": 4, "rows": rows, "tasks": tasks})

    page = " ".join(text(build(reports), "quality.html").split())

    assert "row takes 61 us of a core in a request of 1, 2 us of a core in a request of 100; <code>make cost" in page
    assert '<td class="number">14,321</td> <td class="number">1.59</td>' in page


def test_what_chaos_found_is_told_with_what_did_not_hold(reports: Path):
    held = {"fault": "task", "what": "kill -9 of the task", "during": "", "met": 1, "requests": 1140, "failed": 49}
    held |= {"shed": 0, "outage": 2.4, "recovered": 2.9, "mended": "", "broken": [], "holds": True}
    lost = held | {"during": "deploy", "mended": "make up", "recovered": None, "broken": ["2 lost"], "holds": False}
    write(Kept(reports).chaos, {"recorded": "2026-01-01", "driver": "process", "experiments": [held, lost]})

    page = text(build(reports), "quality.html")

    assert "<td>kill -9 of the task</td><td>nothing</td>" in page
    assert '<td class="number">2.9 s</td>\n<td>nothing</td><td>all</td>' in page
    assert '<td class="number">not in time</td>\n<td>make up</td><td>2 lost</td>' in page


def test_the_film_plays_on_its_page_with_its_captions_and_leads_into_its_scenes(reports: Path):
    kept = Kept(reports)
    kept.film.parent.mkdir()
    for path in (kept.film, kept.captions, kept.poster):
        path.write_bytes(b"kept")
    scenes = [{"title": "Opening", "start": 0.0}, {"title": "A canary", "start": 65.0}]
    kept.film_record.write_text(json.dumps({"film": kept.film.name, "seconds": 245.3, "scenes": scenes}))

    site = build(reports)

    page = text(site, "walkthrough.html")
    assert "4 minutes 5 seconds" in page
    assert '<track kind="captions" src="walkthrough.vtt"' in page
    assert '<a href="walkthrough.mp4#t=65">1:05</a>' in page
    assert broken(site.parent) == external(site.parent) == []


def test_a_record_that_is_no_json_is_named(reports: Path, canary: Path):
    canary.write_text("{")

    with pytest.raises(LabError, match=r"one\.json is no JSON"):
        build(reports)


def test_a_build_that_fails_leaves_the_site_before_it(reports: Path, canary: Path):
    site = build(reports)
    before = site.read_bytes()
    canary.write_text(json.dumps({"project": "income"}))

    with pytest.raises(LabError, match=r"lacks a part .*make record"):
        build(reports)

    assert site.read_bytes() == before
    assert not list(reports.glob("site-*"))


def test_nothing_verified_is_no_site(tmp_path: Path):
    with pytest.raises(LabError, match="make verify"):
        build(tmp_path)


def test_a_link_to_nowhere_an_unknown_anchor_and_a_picture_from_elsewhere_are_found(tmp_path: Path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a><a href="../out.html">4</a>'
        '<img src="https://example.com/x.png"><a href="https://example.com">5</a>'
    )
    (tmp_path / "b.html").write_text('<p id="there">')

    found = broken(tmp_path)

    assert found == [
        "a.html: b.html#gone names no anchor",
        "a.html: c.html does not exist in the site",
        "a.html: ../out.html does not exist in the site",
    ]
    assert external(tmp_path) == ["a.html: https://example.com/x.png"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the records that the repository holds."""
    reports = tmp_path_factory.mktemp("repository") / "reports"
    reports.mkdir()
    for each in (ROOT / "reports").iterdir():
        if each.name != "site":
            (reports / each.name).symlink_to(each)
    return build(reports, "https://example.com/lab").parent


def test_the_repository_s_site_has_no_broken_link_and_needs_no_network(published: Path):
    assert broken(published) == []
    assert external(published) == []
    assert not re.search(r"url\(\s*['\"]?(https?:)?//", (published / "style.css").read_text())


def test_the_repository_s_site_has_every_page_and_every_week_and_is_small(published: Path):
    weeks = {path.parent.name for path in (ROOT / "reports").glob("week*/week*.ipynb")}

    names = {path.name for path in published.iterdir()}
    assert set(PAGES) | {f"{week}.html" for week in weeks} <= names
    assert sum(path.stat().st_size for path in published.iterdir()) < LIMIT_MB * 1_000_000


def test_every_outcome_of_the_repository_is_on_its_page_with_its_evidence(published: Path):
    outcomes = json.loads((ROOT / "reports" / "outcomes.json").read_text())["outcomes"]

    shown = re.findall(r'id="o([\d.]+)"', (published / "outcomes.html").read_text())
    assert sorted(shown) == sorted(row["id"] for row in outcomes)


@pytest.mark.parametrize("week", HIGHLIGHTS)
def test_each_highlight_is_a_figure_of_the_committed_notebook(week: int):
    path = next((ROOT / "reports" / f"week{week}").glob("*.ipynb"))

    assert highlight(nbformat.read(path, as_version=4), week) is not None
