"""The README's overview of the Terraform configuration, generated from the configuration itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2
from hcl2 import SerializationOptions

from mlops_lab.errors import LabError

SECTION = "terraform-overview"
PLAIN = SerializationOptions(
    with_comments=False, explicit_blocks=False, preserve_heredocs=False, strip_string_quotes=True
)
REPEATED = ("for_each", "count")


@dataclass(frozen=True)
class Configuration:
    """A folder of Terraform files, parsed: file name -> content."""

    files: Mapping[str, Mapping[str, Any]]
    questions: Mapping[str, str]  # file name -> the comment it begins with

    def blocks(self, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the blocks of a kind with one label (variable, output), by name."""
        return sorted(
            item for content in self.files.values() for block in content.get(kind, []) for item in block.items()
        )


def read(folder: Path) -> Configuration:
    """Parse a folder's `*.tf`.

    Raises:
        LabError: The folder has none.
    """
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.tf"))}
    if not texts:
        raise LabError(f"{folder} has no Terraform files; run this in the checkout.")
    files = {name: hcl2.loads(text, serialization_options=PLAIN) for name, text in texts.items()}
    return Configuration(files, {name: _question(text) for name, text in texts.items()})


def overview(infra: Path) -> str:
    """Return the section as Markdown: resources by file, variables, outputs, and the same of the bootstrap."""
    main, bootstrap = read(infra), read(infra / "bootstrap")
    parts = [
        "### Resources, by the question their file answers",
        _resources(main, ""),
        "### Bootstrap: state bucket and Terraform's role",
        _resources(bootstrap, "bootstrap/"),
        "### Variables",
        _variables(main),
        "### Outputs",
        _outputs(main),
        "### Variables and outputs of the bootstrap",
        _variables(bootstrap),
        _outputs(bootstrap),
    ]
    return "\n\n".join(parts)


def embed(readme: str, name: str, section: str) -> str:
    """Return the README with the section between the markers of its name.

    Raises:
        LabError: The markers are missing, or there are several.
    """
    before, between, after = _split(readme, name)
    return readme if between == section else f"{before}{_begin(name)}\n{section}\n{_end(name)}{after}"


def overview_in_step(root: Path) -> str:
    """Compare the README's overview with the configuration; return what it holds.

    Raises:
        LabError: They differ.
    """
    path, infra = root / "README.md", root / "infra"
    if _split(path.read_text(), SECTION)[1] != overview(infra):
        raise LabError(f"The Terraform overview in {path} is not what infra/ generates now; run `make docs`.")
    main = read(infra)
    counts = (sum(1 for _ in _addresses(main)), len(main.blocks("variable")), len(main.blocks("output")))
    return "README.md in step with infra/: {} resources, {} variables, {} outputs".format(*counts)


def _begin(name: str) -> str:
    return f"<!-- {name}:begin -->"


def _end(name: str) -> str:
    return f"<!-- {name}:end -->"


def _split(readme: str, name: str) -> tuple[str, str, str]:
    begin, end = _begin(name), _end(name)
    if readme.count(begin) != 1 or readme.count(end) != 1 or readme.index(begin) > readme.index(end):
        raise LabError(f"README.md must have {begin} and, after it, {end}, once each; put them back.")
    before, _, rest = readme.partition(begin)
    between, _, after = rest.partition(end)
    return before, between.strip("\n"), after


def _question(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _addresses(configuration: Configuration) -> Iterable[tuple[str, str]]:
    """File and address of each resource; ``[*]`` where there are as many as a collection has."""
    for file, content in configuration.files.items():
        for kind in ("resource", "ephemeral"):
            for block in content.get(kind, []):
                for resource, named in block.items():
                    for name, body in named.items():
                        many = "[*]" if any(word in body for word in REPEATED) else ""
                        yield file, f"{resource}.{name}{many}"


def _resources(configuration: Configuration, prefix: str) -> str:
    addresses: dict[str, list[str]] = {}
    for file, address in _addresses(configuration):
        addresses.setdefault(file, []).append(f"`{address}`")
    rows = [
        (f"[`{prefix}{file}`](infra/{prefix}{file})", configuration.questions[file], ", ".join(found))
        for file, found in addresses.items()
    ]
    return _table(("File", "Question", "Resources"), rows)


def _variables(configuration: Configuration) -> str:
    rows = [
        (f"`{name}`", f"`{_expression(body['type'])}`", _default(body), str(body["description"]))
        for name, body in configuration.blocks("variable")
    ]
    return _table(("Variable", "Type", "Default", "Description"), rows)


def _outputs(configuration: Configuration) -> str:
    rows = [(f"`{name}`", str(body["description"])) for name, body in configuration.blocks("output")]
    return _table(("Output", "Description"), rows)


def _default(body: Mapping[str, Any]) -> str:
    if "default" not in body:
        return "required"
    value = body["default"]
    return f"`{_expression(value)}`" if isinstance(value, str) and value.startswith("${") else f"`{json.dumps(value)}`"


def _expression(text: str) -> str:
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
