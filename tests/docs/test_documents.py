"""The documents say what is: every target, path, setting and entry in them exists, and none is left out."""

import re
from pathlib import Path

import pytest

from mlops_lab import document_links
from mlops_lab.documents import notebooks_table, settings_table
from mlops_lab.infrastructure.documentation import overview_in_step
from mlops_lab.reporting import drawings
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
RUNBOOK = (ROOT / "RUNBOOK.md").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
README_SETTINGS = set(re.findall(r"^\| `(\w+)` \|", README, re.M))
ENTRY_PARTS = ("**Severity**", "**Meaning**", "**Impact**", "**Diagnosis**", "**Mitigation**", "**Verify**")


def commands(text: str) -> list[str]:
    inline = re.findall(r"`(make [^`]+)`", text)
    blocks = re.findall(r"```bash\n(.*?)```", text, re.S)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return inline + [line for line in lines if line.startswith("make ")]


def targets(command: str) -> list[str]:
    words = command.replace("\n", " ").split()[1:]
    return [word for word in words if re.fullmatch(r"[a-z][a-z0-9-]*", word)]


@pytest.mark.parametrize("document", ["README.md", "RUNBOOK.md"])
def test_every_make_target_in_a_document_exists(document: str):
    named = {target for command in commands((ROOT / document).read_text()) for target in targets(command)}

    assert named
    assert named <= TARGETS


def test_the_readme_s_two_commands_are_the_first_ones():
    assert commands(README[README.index("## Two commands") :])[:2] == ["make demo", "make test"] or set(
        re.findall(r"^make \w+", README, re.M)[:2]
    ) == {"make demo", "make test"}


def test_every_path_in_the_readme_exists():
    paths = re.findall(r"`((?:src|infra|data|notebooks|reports|tests|benchmarks)/[\w./-]*)`", README)
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert paths
    assert [path for path in [*paths, *links] if not (ROOT / path).exists()] == []


def test_the_terraform_overview_is_in_step_with_the_configuration():
    assert overview_in_step(ROOT)


def test_every_setting_is_in_the_readme_s_table():
    assert settings_table() in README
    assert all(f"| `{name}`" in settings_table() for name in ("TARGET", "AWS_REGION", "LAB_CLOUD_PORT"))
    assert settings_table().count("\n| `") == len(Settings.model_fields) - 1  # not the root: it is the checkout


def test_every_runbook_entry_has_every_part():
    entries = re.split(r"^## ", RUNBOOK, flags=re.M)[1:]

    assert len(entries) >= 5
    lacking = {entry.splitlines()[0]: part for entry in entries for part in ENTRY_PARTS if part not in entry}
    assert lacking == {}


def test_every_alarm_names_its_runbook_entry():
    alarms = (ROOT / "infra" / "observability.tf").read_text()
    entries = {heading.lower() for heading in re.findall(r"^## (\w+)$", RUNBOOK, re.M)}
    named = re.findall(r"RUNBOOK\.md#(\w+)", alarms)

    kinds = re.findall(r"alarm_name\s+=", alarms)
    assert len(named) == 9
    assert len(kinds) == 5
    assert set(named) <= entries
    assert RUNBOOK.count("**Alarm** `mlops-lab-") == len(named)


def test_the_map_lists_every_phony_target():
    phony = set(re.findall(r"^\.PHONY: ([a-z0-9-]+)$", (ROOT / "Makefile").read_text(), re.M))

    assert phony == TARGETS


def test_no_document_or_source_has_unfinished_places():
    unfinished = re.compile(r"\b(TODO|FIXME|XXX)\b")
    files = [ROOT / "README.md", ROOT / "RUNBOOK.md", *(ROOT / "src").rglob("*.py"), *(ROOT / "infra").rglob("*.tf")]

    assert [str(path) for path in files if unfinished.search(path.read_text())] == []


def test_no_link_picture_or_badge_of_the_documents_is_broken():
    assert document_links.broken(ROOT) == []


def test_the_drawings_are_what_their_sources_draw():
    assert drawings.out_of_step(ROOT / "reports") == []


@pytest.mark.parametrize("document", ["README.md", "RUNBOOK.md"])
def test_every_variable_given_to_make_in_a_document_is_one_that_the_makefile_reads(document: str):
    makefile = (ROOT / "Makefile").read_text()

    given = {name for each in commands((ROOT / document).read_text()) for name in re.findall(r"\b([A-Z_]+)=", each)}
    unknown = {name for name in given if not re.search(rf"\b{name}\b", makefile)}
    assert given
    assert unknown - {variable for variable in README_SETTINGS if variable.startswith("LAB_")} == set()


def test_every_python_program_that_a_document_runs_exists():
    programs = re.findall(r"python ((?:benchmarks|src|tests)/[\w/]+\.py)", README + RUNBOOK)

    assert programs
    assert [each for each in programs if not (ROOT / each).is_file()] == []


def test_the_table_of_notebooks_is_theirs():
    table = notebooks_table(ROOT / "notebooks")

    assert table in README
    assert [f"week{week}_" in row for week, row in enumerate(table.splitlines()[2:], 1)] == [True] * 7
    assert "`seed=0`" in table
    assert "| compares 2 of 10 cells |" in table
    assert "| executes only |" in table


def test_every_workflow_is_in_the_readme_s_table():
    workflows = {path.name for path in (ROOT / ".github" / "workflows").glob("*.yml")}

    assert {name for name in workflows if f"[`{name}`](.github/workflows/{name})" not in README} == set()


def test_nothing_that_a_run_has_left_names_a_path_of_the_machine_it_ran_on():
    suffixes = (".ipynb", ".html", ".json", ".svg", ".md", ".vtt")
    left = [
        each for folder in ("notebooks", "reports") for each in (ROOT / folder).rglob("*") if each.suffix in suffixes
    ]
    of_a_machine = re.compile(r"/(?:home|root|tmp|work|Users)/[\w.-]+")

    named = {path: found[0] for path in left if (found := of_a_machine.search(path.read_text(errors="replace")))}

    assert left
    assert named == {}
