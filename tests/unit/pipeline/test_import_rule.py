import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import mlops_lab

PACKAGE = Path(mlops_lab.__file__).parent
ADAPTERS = {"boto3", "botocore", "fastapi", "httpx", "mlflow", "requests", "socket", "sqlite3", "starlette", "uvicorn"}
TRAINING = {"mlflow", "pandas", "pandera", "sklearn", "skl2onnx", "matplotlib"}


def modules_of(package: str) -> list[str]:
    return [f"mlops_lab.{package}.{path.stem}" for path in sorted((PACKAGE / package).glob("*.py"))]


def imports_of(module: str) -> set[str]:
    """Every module named in an import statement, also inside functions."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reached_from(modules: list[str]) -> set[str]:
    """Top-level names of everything imported, through the project's own modules."""
    waiting, seen, outside = list(modules), set(modules), set()
    while waiting:
        for name in imports_of(waiting.pop()):
            if not name.startswith("mlops_lab."):
                outside.add(name.partition(".")[0])
            elif name not in seen and is_module(name):
                seen.add(name)
                waiting.append(name)
    return outside


def is_module(name: str) -> bool:
    path = PACKAGE.parent / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def test_the_pure_core_reaches_no_adapter() -> None:
    assert reached_from(modules_of("pipeline")).isdisjoint(ADAPTERS)


def test_the_pure_core_opens_no_file() -> None:
    for path in (PACKAGE / "pipeline").glob("*.py"):
        calls = {node.func.id for node in ast.walk(ast.parse(path.read_text())) if is_named_call(node)}  # type: ignore[attr-defined]
        assert calls.isdisjoint({"open", "print", "input"}), path


def is_named_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_serving_reaches_no_training_library() -> None:
    assert reached_from(modules_of("serving")).isdisjoint(TRAINING)


@pytest.mark.parametrize("module", ["mlops_lab.serving.app", "mlops_lab.serving.__main__"])
def test_importing_the_service_loads_no_training_library(module: str) -> None:
    code = f"import sys; import {module}; print(*sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert TRAINING.isdisjoint(done.stdout.split())


def test_projects_are_values_and_reach_only_what_they_import_late() -> None:
    assert reached_from(modules_of("projects")) <= {
        "collections",
        "dataclasses",
        "datetime",
        "importlib",
        "pathlib",
        "pkgutil",
        "sklearn",
        "typing",
    }
