"""Figures as files and bytes: the same figure gives the same bytes."""

from io import BytesIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

SCALE = 2  # dots for each pixel, so that text stays sharp


def save(figure: Figure, path: Path) -> Path:
    """Write a figure in the format of the file's suffix, .svg or .png."""
    path.write_bytes(svg(figure) if path.suffix == ".svg" else png(figure))
    return path


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG."""
    buffer = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "mlops-lab"}):
        figure.savefig(buffer, format="svg", dpi=figure.dpi * SCALE, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi * SCALE)
    return buffer.getvalue()
