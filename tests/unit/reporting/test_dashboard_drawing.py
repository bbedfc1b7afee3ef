"""The picture and the page of one dashboard with everything in it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from mlops_lab.reporting.dashboard import note, page, picture
from mlops_lab.reporting.dashboard.view import Alarm, Panel, Series, View
from mlops_lab.reporting.dashboard.widget import (
    AlarmWidget,
    Axis,
    Event,
    MetricWidget,
    OtherWidget,
    Place,
    TextWidget,
    Threshold,
)
from mlops_lab.reporting.picture import png

EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
PLACE = Place(0, 0, 8, 6)


def series(label: str, *values: float, **options: Any) -> Series:
    moments = [EIGHT.timestamp() + 60 * minute for minute in range(len(values))]
    return Series(label, moments, values, 60, **options)


CHART = Panel(
    MetricWidget(
        PLACE,
        "CPU <%>",
        (),
        thresholds=(Threshold(85, "alarm", fill="above"),),
        events=(Event(EIGHT + timedelta(minutes=2), "deploy"),),
        axes={"left": Axis(0, 100, "%")},
    ),
    (series("income", 40, 60, 70), series("tasks", 1, 2, 3, side="right")),
    (Alarm("cpu", "OK", EIGHT),),
)
STACK = Panel(MetricWidget(Place(8, 0, 8, 6), "Answers", (), stacked=True), (series("2xx", 1, 2), series("5xx", 3, 4)))
NUMBERS = Panel(MetricWidget(Place(16, 0, 8, 3), "Now", (), view="singleValue"), (series("requests", 1234),))
EMPTY = Panel(MetricWidget(Place(16, 3, 8, 3), "Nothing", ()), (series("a"),))
ALARMS = Panel(
    AlarmWidget(Place(0, 6, 24, 3), "Alarms", ()),
    alarms=(Alarm("errors", "ALARM", EIGHT, "5 > 1"), Alarm("gone", "MISSING")),
)
NOTE = Panel(TextWidget(Place(0, 9, 12, 3), "# Income\n\nSee **this**.\n\n- one\n- two"))
LOG = Panel(OtherWidget(Place(12, 9, 12, 3), "Log", "widgets of type 'log' are not drawn here"))
VIEW = View("lab", "us-east-1", EIGHT, EIGHT + timedelta(minutes=15), (CHART, STACK, NUMBERS, EMPTY, ALARMS, NOTE, LOG))


def texts(view: View) -> list[str]:
    figure = picture.draw(view)
    found = [text for axes in figure.axes for text in axes.texts]
    return [text.get_text() for text in found]


class Outline(HTMLParser):
    """Counts what is open, and keeps the text and the attributes."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("path", "rect", "meta"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def outline(*panels: Panel) -> Outline:
    return Outline(page.panels(replace(VIEW, panels=panels)))


def test_the_picture_is_as_high_as_the_widgets_need():
    low = picture.draw(replace(VIEW, panels=(NUMBERS,))).get_size_inches()
    high = picture.draw(VIEW).get_size_inches()

    assert low[0] == high[0] == 14
    assert high[1] - low[1] == pytest.approx(9 * picture.CELL / 100)


def test_the_picture_says_everything():
    shown = texts(VIEW)

    for text in (
        "CPU <%>",
        "alarm",
        "deploy",
        "OK",
        "1.23k",
        "errors",
        "in alarm",
        "does not exist",
        "Income",
        "• one",
    ):
        assert text in shown
    assert "no data" in shown
    assert "widgets of type 'log' are not drawn here" in " ".join(shown)


def test_the_picture_draws_a_line_for_each_series():
    figure = picture.draw(replace(VIEW, panels=(CHART,)))

    left, right = figure.axes[1:]
    assert list(left.lines[0].get_ydata()) == [40, 60, 70]
    assert list(right.lines[0].get_ydata()) == [1, 2, 3]
    assert tuple(left.get_ylim()) == (0, 100)


def test_a_dollar_in_a_name_is_a_dollar():
    odd = replace(NUMBERS, series=(series("cost $a_{b$ in $", 1),))

    assert png(picture.draw(replace(VIEW, panels=(odd,))))


def test_a_dashboard_without_a_widget_is_a_picture_too():
    assert png(picture.draw(replace(VIEW, panels=())))


def test_a_long_legend_says_how_many_it_leaves_out():
    many = replace(CHART, series=tuple(series(f"a service with a long name {n}", 1, 2) for n in range(9)))

    assert any("more)" in text for text in texts(replace(VIEW, panels=(many,))))


def test_the_page_is_well_formed_and_says_everything():
    found = outline(*VIEW.panels)

    assert found.open == []
    for text in (
        "CPU <%>",
        "alarm",
        "deploy",
        "OK",
        "1.23k",
        "errors",
        "in alarm",
        "does not exist",
        "Income",
        "no data",
    ):
        assert text in found.words
    assert "income: 70 at 08:02" in found.words
    assert "widgets of type 'log' are not drawn here" in found.words


def test_a_widget_of_the_page_has_its_place_of_the_definition():
    styles = [attributes["style"] for tag, attributes in outline(STACK).tags if tag == "section"]

    assert styles == ["--x:9;--y:1;--w:8;--h:6;order:8"]


def test_a_chart_of_the_page_draws_values_where_the_scale_has_them():
    lines = [attributes["d"] for tag, attributes in outline(CHART).tags if attributes.get("class") == "line"]

    assert lines[0] == "M0.0 600.0L66.7 400.0L133.3 300.0"  # 40, 60, 70 of 100 on a height of 1000


def test_a_single_value_in_a_chart_is_a_dot():
    lone = replace(CHART, series=(series("errors", 5),))

    kinds = [attributes.get("class") for tag, attributes in outline(lone).tags if tag == "path"]

    assert "line dot" in kinds


def test_nothing_from_a_definition_becomes_markup():
    attack = '<script>alert(1)</script>"'
    widgets = (
        replace(CHART, widget=replace(CHART.widget, title=attack, thresholds=(Threshold(1, attack),))),
        replace(CHART, series=(series(attack, 1),), alarms=(Alarm(attack, "ALARM", None, attack),)),
        replace(ALARMS, alarms=(Alarm(attack, "OK", None, attack),)),
        Panel(TextWidget(PLACE, attack + "\n\n[x](javascript:alert(1)) ![y](http://example.com/y.png)")),
        Panel(OtherWidget(PLACE, attack, attack)),
        replace(NUMBERS, series=(series(attack, 1),)),
    )

    found = outline(*widgets)

    assert "script" not in {tag for tag, _ in found.tags}
    assert not [attributes for _, attributes in found.tags if "javascript" in str(attributes.get("href"))]
    assert found.open == []


def test_the_page_needs_nothing_from_anywhere_else():
    html = page.page(replace(VIEW, panels=(CHART, ALARMS)), 15, "nonce")

    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", html)
    assert "@import" not in html
    assert "url(" not in html


def test_the_page_names_its_span_and_how_often_it_reads():
    found = Outline(page.page(VIEW, 15, "n0nce"))

    current = [attributes["href"] for tag, attributes in found.tags if attributes.get("aria-current")]
    assert current == ["?minutes=15"]
    assert any("15 * 1000" in words for words in found.words)
    assert ("script", {"nonce": "n0nce"}) in found.tags


def test_a_note_s_paragraphs_lose_their_markup_and_keep_their_order():
    blocks = note.blocks(
        "# A `b`\n\nSee [the *book*](x)\nnow.\n\n- one\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```\nmake up\n```"
    )

    assert [(block.kind, block.text) for block in blocks] == [
        ("heading", "A b"),
        ("text", "See the book now."),
        ("item", "one"),
        ("text", "a   b"),
        ("text", "1   2"),
        ("code", "make up"),
    ]
