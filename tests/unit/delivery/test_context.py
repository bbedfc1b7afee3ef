import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_lab import projects
from mlops_lab.delivery import context
from mlops_lab.delivery.recipe import JOBS, SERVING, Recipe
from mlops_lab.settings import YIELDING, Settings

ROOT = Path(__file__).parents[3]
LOADED = "import mlops_lab.serving.__main__, sys; print(*sorted(m for m in sys.modules if m.startswith('mlops_lab')))"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "src/app").mkdir(parents=True)
    (tmp_path / "src/app/main.py").write_text("one")
    (tmp_path / "src/app/test.py").write_text("two")
    (tmp_path / "lock").write_text("three")
    (tmp_path / "secret").write_text("four")
    (tmp_path / ".dockerignore").write_text("# comment\n*\n!lock\n!src/app/main.py\n")
    return tmp_path


def test_only_what_the_ignore_file_lets_through_is_in_the_context(checkout: Path):
    assert context.files(checkout) == [Path("lock"), Path("src/app/main.py")]
    assert context.application(checkout) == {Path("app/main.py"): Path("src/app/main.py")}


def test_the_listing_changes_with_a_file_s_content_and_name_and_with_nothing_else(checkout: Path):
    before = context.listing(checkout, context.files(checkout))
    os.utime(checkout / "lock", (0, 0))
    (checkout / "secret").write_text("changed")
    same = context.listing(checkout, context.files(checkout))
    (checkout / "lock").write_text("changed")
    changed = context.listing(checkout, context.files(checkout))

    assert before == same
    assert before != changed


def test_the_code_in_the_image_is_exactly_what_serving_imports():
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=ROOT)

    assert modules(list(context.application(ROOT))) == sorted(loaded.stdout.split())


def modules(paths: list[Path]) -> list[str]:
    names = (path.with_suffix("").parts for path in paths)
    return sorted(".".join(parts[:-1] if parts[-1] == "__init__" else parts) for parts in names)


def test_the_jobs_image_holds_the_whole_package_the_data_and_the_notebooks_and_nothing_compiled():
    application = context.application(ROOT, JOBS)

    assert {Path("mlops_lab/retrain.py"), Path("mlops_lab/registry/server.py")} <= set(application)
    assert any(place.parts[0] == "data" for place in application)
    for week in (each.report for each in projects.every() if each.report):
        assert [place for place in application if place.match(f"notebooks/week{week}_*.ipynb")]
        assert Path(f"notebooks/parameters/week{week}.yaml") in application
    assert not [place for place in application if "__pycache__" in place.parts]


def test_another_image_s_ignore_file_does_not_travel_along(checkout: Path):
    recipe = replace(JOBS, dockerfile=Path("Dockerfile"), ignore=Path("jobs.dockerignore"))
    (checkout / recipe.ignore).write_text("*\n!lock\n")

    assert context.files(checkout, recipe) == [Path("lock")]


def test_whatever_trains_leaves_its_core_to_others_while_its_threads_wait():
    (name, value), *_ = YIELDING.items()

    assert Settings().child_environment()[name] == JOBS.environment[name] == value == "PASSIVE"
    assert f"{name}={value} \\\n" in (ROOT / JOBS.dockerfile).read_text()
    assert f"export {name} := {value}\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("recipe", [SERVING, JOBS], ids=["serving", "jobs"])
def test_an_image_is_installed_by_the_uv_that_the_environment_is(recipe: Recipe):
    (version,) = re.findall(r"^UV +:= (\S+)$", (ROOT / "Makefile").read_text(), re.M)

    assert f" uv=={version} " in (ROOT / recipe.dockerfile).read_text()
