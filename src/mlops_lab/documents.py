"""The generated parts of the documents: each stands between its markers and is written from what it describes."""

import json
from pathlib import Path

from papermill import inspect_notebook

from mlops_lab.infrastructure.documentation import embed, overview
from mlops_lab.reporting import drawings
from mlops_lab.settings import Settings, variable

COMPARED = "# NBVAL_CHECK_OUTPUT"  # nbval's own mark


def write(root: Path) -> str:
    """Bring the README's generated parts and the drawings into step; return what was done.

    Raises:
        LabError: The architecture was never recorded.
    """
    changed = drawings.write(root / "reports")
    path = root / "README.md"
    present = path.read_text()
    wanted = embed(present, "terraform-overview", overview(root / "infra"))
    wanted = embed(wanted, "notebooks", notebooks_table(root / "notebooks"))
    wanted = embed(wanted, "settings", settings_table())
    path.write_text(wanted)
    return f"{path}: " + ("already in step" if wanted == present and not changed else "written")


def notebooks_table(folder: Path) -> str:
    """Return the table of notebooks as Markdown: what each may be told, and how many outputs nbval compares."""
    rows = ["| notebook | parameters | nbval |", "|---|---|---|"]
    for path in sorted(folder.glob("week*.ipynb")):
        cells = [each for each in json.loads(path.read_text())["cells"] if each["cell_type"] == "code"]
        sources = ["".join(each["source"]) for each in cells]
        compared = sum(COMPARED in source for source in sources)
        how = f"compares {compared} of {len(cells)} cells" if compared else "executes only"
        defaults = inspect_notebook(path)
        told = ", ".join(f"`{name}={each['default']}`".replace('"', "") for name, each in defaults.items())
        rows.append(f"| [`{path.name}`](notebooks/{path.name}) | {told} | {how} |")
    return "\n".join(rows)


def settings_table() -> str:
    """Return the table of settings as Markdown, from their definitions; the checkout itself is none."""
    rows = ["| variable | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name != "root":
            default = "" if field.default is None else f"`{field.default}`"
            rows.append(f"| `{variable(Settings, name)}` | {default} | {field.description} |")
    return "\n".join(rows)
