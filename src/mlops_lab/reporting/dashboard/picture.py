"""A dashboard as one picture, widgets where their definition has them."""

from textwrap import wrap

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.reporting.canvas import DPI, Box, Canvas, Look
from mlops_lab.reporting.dashboard import colour, note, plot
from mlops_lab.reporting.dashboard.chart import lacking, legend, newest, sides
from mlops_lab.reporting.dashboard.view import Panel, View
from mlops_lab.reporting.dashboard.widget import COLUMNS, AlarmWidget, MetricWidget, Place, TextWidget
from mlops_lab.reporting.palette import INK, MUTED, PAPER, RULE

WIDTH, MARGIN, HEADER, CELL, GAP = 1400.0, 20.0, 64.0, 46.0, 5.0
PADDING, TITLE, LEGEND_ROW = 12.0, 30.0, 17.0
SCALE_ROOM, TIME_ROOM = 40.0, 20.0
CARD, PAGE = Look(PAPER, RULE, radius=6, line=0.9), Look("#f5f7fa", "#f5f7fa", radius=0)
LEGEND_ROWS = 3
LETTER, SMALL_LETTER = 6.8, 6.4  # pixels a letter of running text and of a legend takes
SIZES = {1: 15.0, 2: 12.5}  # points of headings by level; below: bold text


def draw(view: View) -> Figure:
    """Return the picture of a dashboard: 1400 pixels wide, as high as its widgets need."""
    with rc_context({"text.parse_math": False}):  # a dollar in a label is a dollar
        return _drawn(view)


def _drawn(view: View) -> Figure:
    rows = max((panel.widget.place.y + panel.widget.place.height for panel in view.panels), default=2)
    height = HEADER + rows * CELL + MARGIN
    canvas = Canvas(WIDTH, height)
    canvas.box(Box(0, 0, WIDTH, height), PAGE, layer=0)
    canvas.text((MARGIN + GAP, 30), view.name, size=16, bold=True)
    span = f"{view.start:%d %B %Y, %H:%M} to {view.end:%H:%M} UTC, {view.region}"
    canvas.text((WIDTH - MARGIN - GAP, 30), span, colour=MUTED, side="right")
    for panel in view.panels:
        _card(canvas, _box(panel.widget.place), panel, view)
    return canvas.figure


def _box(place: Place) -> Box:
    cell = (WIDTH - 2 * MARGIN) / COLUMNS
    return Box(
        MARGIN + place.x * cell + GAP,
        HEADER + place.y * CELL + GAP,
        place.width * cell - 2 * GAP,
        place.height * CELL - 2 * GAP,
    )


def _card(canvas: Canvas, card: Box, panel: Panel, view: View) -> None:
    canvas.box(card, CARD)
    room = card.inside(PADDING)
    if isinstance(panel.widget, TextWidget):
        return _note(canvas, room, panel.widget)
    _title(canvas, room, panel)
    inside = Box(room.x, card.y + TITLE, room.width, card.height - TITLE - 8)
    if (missing := lacking(panel)) is not None:
        _message(canvas, inside, missing)
    elif isinstance(panel.widget, AlarmWidget):
        _alarms(canvas, inside, panel)
    elif isinstance(panel.widget, MetricWidget) and panel.widget.view == "singleValue":
        _numbers(canvas, inside, panel, view)
    else:
        _chart(canvas, inside, panel, view)
    return None


def _message(canvas: Canvas, inside: Box, text: str) -> None:
    lines = wrap(text, max(8, int(inside.width / LETTER)))[: max(1, int(inside.height // 18))]
    x, y = inside.middle
    for index, line in enumerate(lines):
        at = (x, y + (index - (len(lines) - 1) / 2) * 18)
        canvas.text(at, line, colour=MUTED, side="center", room=inside.width)


def _title(canvas: Canvas, room: Box, panel: Panel) -> None:
    assert not isinstance(panel.widget, TextWidget)
    badge = panel.alarms[0] if panel.alarms and isinstance(panel.widget, MetricWidget) else None
    canvas.text((room.x, room.y + 18), panel.widget.title, bold=True, room=room.width - (90 if badge else 0))
    if badge:
        at = (room.right, room.y + 18)
        canvas.text(at, colour.WORDS[badge.state], bold=True, colour=colour.STATES[badge.state], side="right")


def _chart(canvas: Canvas, inside: Box, panel: Panel, view: View) -> None:
    texts = legend(panel, view.end)
    longest = max(len(text) for text in texts) * SMALL_LETTER + 34
    columns = max(1, min(len(texts), int(inside.width // longest)))
    rows = min(-(-len(texts) // columns), LEGEND_ROWS)
    right = SCALE_ROOM if len(sides(panel)) > 1 else 8.0
    height = inside.height - TIME_ROOM - rows * LEGEND_ROW - 12
    box = Box(inside.x + SCALE_ROOM, inside.y + 8, inside.width - SCALE_ROOM - right, height)
    plot.draw(_axes(canvas, box), panel, view.start, view.end, box.width)
    lower = Box(inside.x, inside.bottom - rows * LEGEND_ROW, inside.width, rows * LEGEND_ROW)
    _legend(canvas, lower, columns, texts, colour.of(panel.series))


def _legend(canvas: Canvas, box: Box, columns: int, texts: list[str], shades: list[str]) -> None:
    room = columns * int(box.height // LEGEND_ROW)
    width = box.width / columns
    for index, (text, shade) in enumerate(list(zip(texts, shades, strict=True))[:room]):
        x, y = box.x + index % columns * width, box.y + (index // columns + 0.5) * LEGEND_ROW
        more = f" (+{len(texts) - room} more)" if index == room - 1 < len(texts) - 1 else ""
        canvas.arrow([(x, y), (x + 12, y)], shade, head=False)
        canvas.text((x + 18, y), text + more, size=8.5, colour=MUTED, room=width - 24)


def _axes(canvas: Canvas, box: Box) -> Axes:
    width, height = (float(inches) * DPI for inches in canvas.figure.get_size_inches())
    return canvas.figure.add_axes((box.x / width, 1 - box.bottom / height, box.width / width, box.height / height))


def _numbers(canvas: Canvas, inside: Box, panel: Panel, view: View) -> None:
    width = inside.width / len(panel.series)
    for index, (series, shade) in enumerate(zip(panel.series, colour.of(panel.series), strict=True)):
        (shown, when), x = newest(series, view.end), inside.x + (index + 0.5) * width
        size = 22 if inside.height > 70 else 15
        canvas.text((x, inside.middle[1] - 10), shown, size=size, bold=True, colour=shade, side="center", room=width)
        canvas.text(
            (x, inside.middle[1] + 22), series.label + when, size=8.5, colour=MUTED, side="center", room=width - 8
        )


def _alarms(canvas: Canvas, inside: Box, panel: Panel) -> None:
    columns = max(1, int(inside.width // 420))
    width, rows = inside.width / columns, max(1, int(inside.height // 22))
    for index, alarm in enumerate(panel.alarms[: columns * rows]):
        x, y = inside.x + index % columns * width, inside.y + 10 + index // columns * 22
        shade = colour.STATES[alarm.state]
        canvas.box(Box(x, y - 5, 10, 10), Look(shade, shade, radius=5))
        canvas.text((x + 18, y), alarm.name, room=width - 130)
        canvas.text((x + width - 16, y), colour.WORDS[alarm.state], bold=True, colour=shade, side="right")


def _note(canvas: Canvas, room: Box, widget: TextWidget) -> None:
    y = room.y + 18
    for block in note.blocks(widget.markdown):
        size = SIZES.get(block.level, 9.5)
        start = "• " if block.kind == "item" else ""
        for line in wrap(start + block.text, max(8, int(room.width / LETTER * 9.5 / size))):
            if y < room.bottom - 6:
                canvas.text((room.x, y), line, size=size, bold=bool(block.level), colour=INK, room=room.width)
            y += size * 1.9
