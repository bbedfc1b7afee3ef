"""A drill passes where the entry's own commands end the failure, and nowhere else; what was made is always undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.drills import run
from mlops_lab.drills.drill import Drill, Scene, drill
from mlops_lab.drills.every import DRILLS, EXCUSED
from mlops_lab.drills.runbook import Entry, entries, read
from mlops_lab.errors import LabError
from mlops_lab.outcomes.drilled import pattern
from mlops_lab.settings import Settings

SECTION = """Broken

**Severity** low. **Meaning** the file is there.
**Impact** none.

**Diagnosis** look:

```bash
ls .
```

**Mitigation** take it away.

```bash
export FILE=broken
rm "$FILE"
```

**Verify** `make nothing`, or `make
something` else.
"""


@contextmanager
def breaking(settings: Settings) -> Iterator[Scene]:
    path = settings.root / "broken"
    path.touch()
    try:
        yield Scene(names={"make nothing": "echo over", "make something": "test ! -e $FILE"})
    finally:
        path.unlink(missing_ok=True)


DRILLED = Drill("Broken", breaking, shows="broken", gone="over")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path, state=tmp_path / ".lab")


@pytest.fixture
def entry() -> Entry:
    return read(SECTION)


def test_an_entry_has_the_blocks_of_its_parts_or_the_commands_that_its_text_names(entry: Entry):
    assert entry.name == "Broken"
    assert entry.commands == {
        "Diagnosis": ("ls .",),
        "Mitigation": ("export FILE=broken", 'rm "$FILE"'),
        "Verify": ("make nothing", "make something"),
    }


def test_the_hash_is_that_of_the_text_whatever_its_line_breaks(entry: Entry):
    assert read(SECTION.replace("low. **Meaning**", "low.\n**Meaning**")).sha256 == entry.sha256
    assert read(SECTION.replace("low", "high")).sha256 != entry.sha256


def test_a_drill_runs_the_entry_s_own_commands_in_order_and_passes(settings: Settings, entry: Entry):
    held = drill(settings, entry, DRILLED)

    assert (held.passed, held.failure) == (True, "")
    assert held.commands == ("ls .", 'rm "$FILE"', "make nothing", "make something")


def test_a_failure_that_has_no_effect_fails_the_drill(settings: Settings, entry: Entry):
    @contextmanager
    def without_effect(settings: Settings) -> Iterator[Scene]:
        yield Scene()

    held = drill(settings, entry, replace(DRILLED, inject=without_effect))

    assert "'broken' is not seen while the failure is there" in held.failure


def test_what_is_seen_before_the_failure_is_made_proves_nothing(settings: Settings, entry: Entry):
    (settings.root / "broken-already").touch()

    assert "is seen before the failure is made" in drill(settings, entry, DRILLED).failure


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"Mitigation": ("false",)}, "`false` ended with 1"),
        ({"Mitigation": ("true",)}, "`make something` ended with 1"),
        ({"Verify": ("echo otherwise",)}, "'over' is not seen afterwards"),
    ],
)
def test_an_entry_that_does_not_help_fails_and_the_failure_is_undone(
    settings: Settings, entry: Entry, change: dict[str, Any], failure: str
):
    commands = {**entry.commands, "Mitigation": ("export FILE=broken", 'rm "$FILE"'), **change}
    if change == {"Mitigation": ("true",)}:
        commands["Mitigation"] = ("export FILE=broken", "true")

    held = drill(settings, replace(entry, commands=commands), DRILLED)

    assert failure in held.failure
    assert not (settings.root / "broken").exists()


def test_a_command_that_is_left_out_is_not_run_and_is_told(settings: Settings, entry: Entry):
    held = drill(settings, entry, replace(DRILLED, left_out={"make something": "not here"}))

    assert held.passed
    assert "make something" not in held.commands
    assert held.left_out == {"make something": "not here"}


def test_commands_speak_of_this_lab(settings: Settings, entry: Entry):
    commands = {**entry.commands, "Verify": ("echo .lab/logs http://127.0.0.1:8080/x TARGET=aws",)}
    shown = f"{settings.state_dir}/logs {settings.balancer_url}/x"

    assert drill(settings, replace(entry, commands=commands), replace(DRILLED, gone=shown)).passed


def test_every_entry_has_a_drill_or_a_reason_and_no_other_is_known():
    written = entries(Path(__file__).parents[3] / "RUNBOOK.md")

    run.require_complete(written)
    assert not {each.entry for each in DRILLS} & set(EXCUSED)
    for each in DRILLS:
        known = {command for commands in written[each.entry].commands.values() for command in commands}
        assert set(each.left_out) <= known, each.entry
        assert each.symptom or known, each.entry


def test_an_entry_without_a_drill_is_named():
    written = entries(Path(__file__).parents[3] / "RUNBOOK.md")

    with pytest.raises(LabError, match=r"RUNBOOK.md has Broken, for which"):
        run.require_complete({**written, "Broken": read(SECTION)})
    with pytest.raises(LabError, match=r"has TasksFail, which RUNBOOK.md has not"):
        run.require_complete({name: each for name, each in written.items() if name != "TasksFail"})


def test_an_unknown_drill_is_refused_with_those_there_are(settings: Settings):
    (settings.root / "RUNBOOK.md").write_text((Path(__file__).parents[3] / "RUNBOOK.md").read_text())

    with pytest.raises(LabError, match=r"DRILL is 'Nothing'; use one of .*TasksFail"):
        run.run(settings, "Nothing", lambda line: None)


@pytest.mark.parametrize(
    ("alarm", "written"),
    [
        ("mlops-lab-income-stable-cpu", "mlops-lab-<project>-<track>-cpu"),
        ("mlops-lab-taxi-canary-client-errors", "mlops-lab-<project>-<track>-client-errors"),
        ("mlops-lab-taxi-predictions-shed", "mlops-lab-<project>-predictions-shed"),
        ("mlops-lab-balancer-errors", "mlops-lab-balancer-errors"),
    ],
)
def test_an_alarm_is_looked_for_as_the_runbook_writes_it(alarm: str, written: str):
    assert pattern(alarm) == written
