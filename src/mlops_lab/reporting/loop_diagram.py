"""The lab's loop as an SVG that needs nothing else: a ring of stages, drawn from a list, in light and dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

BOX_WIDTH, BOX_HEIGHT, DOWN, MARGIN = 148, 58, 44, 10
ACROSS, APART = 34, 78  # between boxes side by side: where only an arrow stands, and where a word stands too
STYLE = (
    "svg{--ink:#1f2933;--muted:#5b6672;--fill:#f5f7fa;--edge:#3f63a8;font-family:system-ui,'DejaVu Sans',sans-serif}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e6eaef;--muted:#a3aebb;--fill:#1f2731;--edge:#8fb0f0}}"
    "rect{fill:var(--fill);stroke:var(--edge);stroke-width:1.5}path{fill:none;stroke:var(--edge);stroke-width:2}"
    "marker path{fill:var(--edge);stroke:none}text{fill:var(--ink);text-anchor:middle;font-size:16px;font-weight:600}"
    ".note{fill:var(--muted);font-size:12px;font-weight:400}"
)
HEAD = (
    '<defs><marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)


@dataclass(frozen=True)
class Stage:
    """A stage of the loop, and in a few words what happens there."""

    name: str
    note: str


STAGES = (
    Stage("data", "hash, schema, splits"),
    Stage("features", "one code for both sides"),
    Stage("train", "seeded, searched"),
    Stage("evaluate", "baselines, gates"),
    Stage("registry", "run, version, alias"),
    Stage("bundle", "ONNX, profile, SHA-256"),
    Stage("image", "by digest, in ECR"),
    Stage("deploy", "ECS behind the ALB"),
    Stage("canary", "weights, then verdict"),
    Stage("predict", "one row or 1,000"),
    Stage("log", "exactly once, Parquet"),
    Stage("drift", "data, score, labels"),
)
BACK = "retrain"  # the way from the last stage to the first


def draw(stages: Sequence[Stage] = STAGES, columns: int = 6, back: str = BACK) -> str:
    """Draw a ring of stages, half of them on the way out and half on the way back. Pure.

    Args:
        stages: In their order; their number is even.
        columns: Boxes side by side: half of the stages makes a wide picture, 2 a tall one.
        back: What the way from the last stage to the first is called.
    """
    places = _ring(len(stages), columns)
    width = max(x for x, _ in places) + BOX_WIDTH + MARGIN
    height = max(y for _, y in places) + BOX_HEIGHT + MARGIN
    marker = f"head{columns}"
    names = ", ".join(stage.name for stage in stages)
    ways = "".join(_ways(places, marker, back))
    boxes = "".join(_box(stage, *place) for stage, place in zip(stages, places, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="The loop: {escape(names)}, and by {escape(back)} to the start">'
        f"<style>{STYLE}</style>{HEAD.format(id=marker)}{ways}{boxes}</svg>\n"
    )


def _ring(count: int, columns: int) -> list[tuple[int, int]]:
    half = count // 2
    if columns == half:
        cells = [(index, 0) for index in range(half)] + [(half - 1 - index, 1) for index in range(half)]
        across = BOX_WIDTH + ACROSS
    else:
        cells = [(0, index) for index in range(half)] + [(1, half - 1 - index) for index in range(half)]
        across = BOX_WIDTH + APART
    return [(MARGIN + x * across, MARGIN + y * (BOX_HEIGHT + DOWN)) for x, y in cells]


def _ways(places: Sequence[tuple[int, int]], marker: str, back: str) -> Iterator[str]:
    for here, there in zip(places, [*places[1:], places[0]], strict=True):
        yield f'<path marker-end="url(#{marker})" d="{_line(here, there)}"/>'
    (left, first), (right, last) = places[0], places[-1]
    beside = (left + BOX_WIDTH // 2 + 38, (first + BOX_HEIGHT + last) // 2 + 5)
    above = ((left + BOX_WIDTH + right) // 2, first + BOX_HEIGHT // 2 - 10)
    x, y = beside if left == right else above
    yield f'<text x="{x}" y="{y}">{escape(back)}</text>'


def _line(here: tuple[int, int], there: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = here, there
    if y == to_y:
        start, end = (x + BOX_WIDTH, to_x) if to_x > x else (x, to_x + BOX_WIDTH)
        return f"M{start} {y + BOX_HEIGHT // 2}H{end}"
    start, end = (y + BOX_HEIGHT, to_y) if to_y > y else (y, to_y + BOX_HEIGHT)
    return f"M{x + BOX_WIDTH // 2} {start}V{end}"


def _box(stage: Stage, x: int, y: int) -> str:
    middle = x + BOX_WIDTH // 2
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        f'<text x="{middle}" y="{y + 25}">{escape(stage.name)}</text>'
        f'<text class="note" x="{middle}" y="{y + 45}">{escape(stage.note)}</text>'
    )
