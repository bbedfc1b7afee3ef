"""A third project from a table that the lab has never seen, in a copy of the checkout, by the command itself."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
ROWS = 1_500
COMMAND = "from mlops_lab.cli import main; main()"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, without its large tables."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("src", "infra"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    for folder in ("data", "notebooks", "tests/unit/projects"):
        (root / folder).mkdir(parents=True)
    return root


@pytest.fixture(scope="module")
def run(checkout: Path) -> Run:
    """Return what runs a Python module in the copy, whose code comes before the installed one."""
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "LAB_ROOT": str(checkout)}

    def in_copy(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=300)

    return in_copy


def answers() -> pd.DataFrame:
    """Whether a customer leaves: text, dates, missing values, an identifier, a constant."""
    random = np.random.default_rng(1)
    city = random.integers(0, 90, ROWS)
    months = random.integers(0, 60, ROWS).astype(float)
    odds = 1 / (1 + np.exp(-(np.sin(city) * 2 - (months - 30) / 15)))
    months[random.random(ROWS) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "Customer ID": np.arange(ROWS),
            "City": [f"city {each}" for each in city],
            "months (paid)": months,
            "plan": random.choice(np.array(["basic", "plus", None], dtype=object), ROWS),
            "signed up": (pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, ROWS), "D")).strftime(
                "%d.%m.%Y"
            ),
            "autopay": random.random(ROWS) < 0.5,
            "country": "US",
            "left": np.where(random.random(ROWS) < odds, "Yes", "No"),
        }
    )


def amounts() -> pd.DataFrame:
    """How many bicycles are hired in an hour, which has a time."""
    random = np.random.default_rng(2)
    hour = pd.date_range("2023-01-01", periods=ROWS, freq="7h")
    degrees = random.normal(15, 8, ROWS)
    station = random.integers(0, 70, ROWS)
    hired = 80 + 3 * degrees + 25 * np.sin(hour.hour / 24 * 6.28) + station + random.normal(0, 8, ROWS)
    table = {"hour": hour, "degrees": degrees, "station": [f"s{each}" for each in station], "hired": hired.round()}
    return pd.DataFrame(table)


def wide() -> pd.DataFrame:
    """A number from a few of many columns; the others are constants and identifiers."""
    random = np.random.default_rng(3)
    table = {f"measure {number}": random.random(ROWS) for number in range(30)}
    table |= {f"constant {number}": np.full(ROWS, number) for number in range(20)}
    table |= {f"key {number}": random.permutation(ROWS) for number in range(10)}
    return pd.DataFrame(table | {"price": 100 * table["measure 1"] + 50 * table["measure 2"] + random.random(ROWS)})


@pytest.mark.parametrize(
    ("name", "table", "suffix", "label", "time", "reasons"),
    [
        ("leaving", answers(), "csv", "left", (), {"customer_id": "an identifier", "country": "constant: always US"}),
        ("bicycles", amounts(), "parquet", "hired", ("--time", "hour"), {}),
        ("prices", wide(), "csv", "price", (), {"constant_3": "constant: always 3", "key_3": "an identifier"}),
    ],
)
def test_a_table_becomes_a_project_whose_own_tests_pass(
    checkout: Path,
    run: Run,
    name: str,
    table: pd.DataFrame,
    suffix: str,
    label: str,
    time: tuple[str, ...],
    reasons: dict[str, str],
) -> None:
    given = checkout.parent / f"{name}.{suffix}"
    table.to_csv(given, index=False) if suffix == "csv" else table.to_parquet(given)
    before = {path for path in checkout.rglob("*") if path.is_file() and "__pycache__" not in path.parts}

    made = run("-c", COMMAND, "new-project", name, str(given), label, *time)

    assert made.returncode == 0, made.stderr
    assert f"make deploy PROJECT={name}" in made.stdout
    after = {path for path in checkout.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {str(path.relative_to(checkout)) for path in after - before} == {
        f"data/{name}.parquet",
        f"notebooks/project_{name}.ipynb",
        f"src/mlops_lab/projects/{name}.py",
        f"tests/unit/projects/test_{name}.py",
    }
    told = run("-c", DISCOVERED.format(name=name))
    found = json.loads(told.stdout)
    assert found["terraform"]["repository"] == found["repository"]
    assert found["excluded"].keys() >= reasons.keys()
    assert all(reason in found["excluded"][column] for column, reason in reasons.items())
    tested = run("-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/unit/projects/test_{name}.py")
    assert "4 passed" in tested.stdout, tested.stdout


DISCOVERED = """
import json
from mlops_lab import projects
from mlops_lab.infrastructure.workspace import Workspace
from mlops_lab.settings import read_settings
print(json.dumps({{
    "terraform": Workspace(read_settings()).projects["{name}"],
    "repository": projects.repositories()["{name}"],
    "excluded": dict(projects.get("{name}").excluded),
}}))
"""


def test_the_notebook_that_comes_with_a_project_runs(checkout: Path, run: Run) -> None:
    done = run("-m", "papermill", "notebooks/project_bicycles.ipynb", "ran.ipynb", "-k", "python3", "--no-progress-bar")

    assert done.returncode == 0, done.stderr[-2000:]
    assert "the constant's" in (checkout / "ran.ipynb").read_text()


def test_a_refusal_is_one_line_on_the_terminal(checkout: Path, run: Run) -> None:
    (checkout.parent / "small.csv").write_text("a,b\n1,2\n3,4\n5,6\n")

    made = run("-c", COMMAND, "new-project", "small", str(checkout.parent / "small.csv"), "b")

    assert made.returncode == 1
    assert made.stderr.startswith("error: ")
    assert "has 3 rows" in made.stderr
    assert "Traceback" not in made.stderr
