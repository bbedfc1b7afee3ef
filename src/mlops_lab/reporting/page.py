"""An executed notebook as one HTML file that needs nothing else: no network, code folded away."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from nbformat import NotebookNode


def page(notebook: NotebookNode, name: str, navigation: str = "") -> str:
    """Render a notebook; its title is its first heading, else its name. Navigation is HTML that stands above it."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"CSSHTMLHeaderPreprocessor": {"style": "default"}})
    exporter = HTMLExporter(config, template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, resources = exporter.from_notebook_node(notebook)
    frame = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    highlight = "\n".join(resources["inlining"]["css"])
    return frame.substitute(
        title=escape(_title(notebook) or name), highlight=highlight, body=body, navigation=navigation
    )


def write_page(notebook: NotebookNode, path: Path) -> Path:
    """Write a notebook's page."""
    path.write_text(page(notebook, path.stem), encoding="utf-8")
    return path


def _title(notebook: NotebookNode) -> str | None:
    lines = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), None)
