"""The generated parts of the documents: each stands between its markers and is written from what it describes."""

from pathlib import Path

from mlops_lab.infrastructure.documentation import embed, overview
from mlops_lab.reporting import drawings
from mlops_lab.settings import Settings, variable


def write(root: Path) -> str:
    """Bring the README's generated parts and the drawings into step; return what was done.

    Raises:
        LabError: The architecture was never recorded.
    """
    changed = drawings.write(root / "reports")
    path = root / "README.md"
    present = path.read_text()
    wanted = embed(present, "terraform-overview", overview(root / "infra"))
    wanted = embed(wanted, "settings", settings_table())
    path.write_text(wanted)
    return f"{path}: " + ("already in step" if wanted == present and not changed else "written")


def settings_table() -> str:
    """Return the table of settings as Markdown, from their definitions; the checkout itself is none."""
    rows = ["| variable | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name != "root":
            default = "" if field.default is None else f"`{field.default}`"
            rows.append(f"| `{variable(Settings, name)}` | {default} | {field.description} |")
    return "\n".join(rows)
