"""A page to draw on in pixels, y downwards: boxes, fitted text, arrows. The same calls draw the same picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

DPI = 100
FONT = "DejaVu Sans"  # comes with matplotlib, so that text is as wide everywhere
SMALL, NORMAL, LARGE = 8.5, 9.5, 15.0  # points
Point = tuple[float, float]
Side = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of the lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """The centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inside(self, margin: float) -> "Box":
        """Return the box that is smaller by a margin on the left and right."""
        return Box(self.x + margin, self.y, self.width - 2 * margin, self.height)


@dataclass(frozen=True)
class Look:
    """How a box is drawn."""

    fill: str
    edge: str
    dashed: bool = False
    radius: float = 6.0
    line: float = 1.2


class Canvas:
    """A figure of a width and height in pixels at 100 dots an inch."""

    def __init__(self, width: float, height: float):
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
        self._axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")

    def box(self, box: Box, look: Look, layer: int = 1) -> None:
        """Draw a rounded box; a higher layer covers a lower one."""
        patch = FancyBboxPatch(
            (box.x, box.y),
            box.width,
            box.height,
            boxstyle=f"round,pad=0,rounding_size={look.radius}",
            facecolor=look.fill,
            edgecolor=look.edge,
            linewidth=look.line,
            linestyle=(0, (4, 3)) if look.dashed else "solid",
            zorder=layer,
        )
        self._axes.add_patch(patch)

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: float = NORMAL,
        bold: bool = False,
        colour: str = "#1f2933",
        side: Side = "left",
        room: float | None = None,
    ) -> None:
        """Write one line around a height, shortened in its middle where it has not the room (pixels)."""
        font = FontProperties(family=FONT, weight="bold" if bold else "normal", size=size)
        shown = text if room is None else shortened(text, room, font)
        self._axes.text(*at, shown, fontproperties=font, color=colour, ha=side, va="center_baseline", zorder=5)

    def arrow(self, points: Sequence[Point], colour: str, *, dashed: bool = False, head: bool = True) -> None:
        """Draw a line through points, with a head at the last one."""
        patch = FancyArrowPatch(
            path=Path(list(points)),
            arrowstyle="-|>" if head else "-",
            mutation_scale=11,
            color=colour,
            linewidth=1.6,
            linestyle=(0, (3, 2.5)) if dashed else "solid",
            joinstyle="round",
            capstyle="round",
            shrinkA=0,
            shrinkB=0,
            zorder=3,
        )
        self._axes.add_patch(patch)


def shortened(text: str, room: float, font: FontProperties) -> str:
    """Return the text, or as much of its two ends as fits into so many pixels."""
    if _width(text, font) <= room:
        return text
    for kept in range(len(text) - 1, 1, -1):
        candidate = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
        if _width(candidate, font) <= room:
            return candidate
    return "…"


def _width(text: str, font: FontProperties) -> float:
    points: float = TextPath((0, 0), text, prop=font).get_extents().width
    return points * DPI / 72
