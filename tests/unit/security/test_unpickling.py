"""Nothing in the package unpickles what was not hash-verified: a pickle that is loaded is code that is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "mlops_lab"
RUNS_CODE = {
    "cloudpickle": {"load", "loads"},
    "dill": {"load", "loads", "Unpickler"},
    "jsonpickle": {"decode"},
    "joblib": {"load"},
    "marshal": {"load", "loads"},
    "mlflow.pyfunc": {"load_model"},
    "mlflow.sklearn": {"load_model"},
    "numpy": {"load"},
    "pandas": {"read_pickle"},
    "pickle": {"load", "loads", "Unpickler"},
    "shelve": {"open"},
    "skops.io": {"load", "loads"},
    "torch": {"load"},
    "yaml": {"load", "unsafe_load", "full_load", "load_all", "unsafe_load_all", "full_load_all"},
}
BUILT_IN = {"eval", "exec"}
# Moto's state: its SHA-256 is in the snapshot's head, and `Snapshot.decode` compares it before this module sees a byte.
VERIFIED = {"localcloud/plane/engine/state.py": {"pickle.Unpickler", "dill.loads"}}


def running(text: str) -> Iterator[str]:
    """What a module mentions that runs what it reads, under whatever name it imports it."""
    tree = ast.parse(text)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.partition(".")[0]
                names |= {each.asname: each.name} if each.asname else {first: first}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            module, _, name = _dotted(node, names).rpartition(".")
            if name in RUNS_CODE.get(module, ()) or (not module and name in BUILT_IN):
                yield f"{module}.{name}".lstrip(".")


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import pickle\npickle.loads(b'')", "pickle.loads"),
        ("import pickle as p\np.load(f)", "pickle.load"),
        ("from pickle import loads as read\nread(b'')", "pickle.loads"),
        ("import pickle\nclass Reader(pickle.Unpickler): ...", "pickle.Unpickler"),
        ("import numpy as np\nnp.load(path, allow_pickle=True)", "numpy.load"),
        ("import mlflow\nmlflow.sklearn.load_model(uri)", "mlflow.sklearn.load_model"),
        ("from mlflow import pyfunc\npyfunc.load_model(uri)", "mlflow.pyfunc.load_model"),
        ("import skops.io\nskops.io.load(path)", "skops.io.load"),
        ("import yaml\nyaml.load(text)", "yaml.load"),
        ("map(eval, texts)", "eval"),
    ],
)
def test_the_search_finds_it_under_any_name(text: str, found: str):
    assert list(running(text)) == [found]


@pytest.mark.parametrize(
    "text", ["import json\njson.loads(b'')", "import yaml\nyaml.safe_load(t)", "def load(): ...\nload()"]
)
def test_the_search_finds_nothing_else(text: str):
    assert list(running(text)) == []


def test_no_module_loads_a_pickle_but_the_one_whose_bytes_are_verified():
    modules = sorted(SOURCE.rglob("*.py"))
    found = {path.relative_to(SOURCE).as_posix(): set(running(path.read_text())) for path in modules}

    assert len(modules) > 300
    assert {name: mentioned for name, mentioned in found.items() if mentioned} == VERIFIED
