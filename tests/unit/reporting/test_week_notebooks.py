"""What every weekly notebook keeps to."""

import ast
from pathlib import Path

import nbformat
import pytest
import yaml
from papermill import inspect_notebook

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
WEEKS = sorted(NOTEBOOKS.glob("week*_*.ipynb"))


@pytest.fixture(params=WEEKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def cells(path: Path) -> list[nbformat.NotebookNode]:
    return list(nbformat.read(path, as_version=4).cells)


def tree(cell: nbformat.NotebookNode) -> ast.Module:
    return ast.parse(cell.source)


def test_there_is_a_notebook_to_check() -> None:
    assert WEEKS


def test_papermill_sees_every_parameter_and_each_is_a_literal(path: Path) -> None:
    (cell,) = [each for each in cells(path) if "parameters" in each.metadata.get("tags", [])]

    assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in tree(cell).body}

    assert list(inspect_notebook(path)) == list(assigned)


def test_its_parameter_file_names_known_parameters(path: Path) -> None:
    file = NOTEBOOKS / "parameters" / f"{path.stem.partition('_')[0]}.yaml"

    assert set(yaml.safe_load(file.read_text())) <= set(inspect_notebook(path))


def test_it_begins_with_a_question_and_ends_with_a_gate(path: Path) -> None:
    first, last = cells(path)[0], cells(path)[-1]

    assert first.source.startswith("# ")
    assert "?" in first.source
    assert any(isinstance(node, ast.Assert) for node in tree(last).body)


def test_most_code_is_introduced_by_text_and_defines_nothing(path: Path) -> None:
    book = cells(path)

    code = [index for index, cell in enumerate(book) if cell.cell_type == "code"]

    assert sum(book[index - 1].cell_type == "markdown" for index in code) >= 0.8 * len(code)
    for index in code:
        assert not [node for node in ast.walk(tree(book[index])) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_a_cell_is_imports_or_parameters_or_at_most_four_statements(path: Path) -> None:
    for cell in cells(path):
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            done = [node for node in tree(cell).body if not isinstance(node, ast.Import | ast.ImportFrom)]
            assert len(done) <= 4, cell.source


def test_it_is_committed_with_outputs_and_without_errors_or_paths_of_a_machine(path: Path) -> None:
    outputs = [output for cell in cells(path) for output in cell.get("outputs", [])]

    assert outputs
    assert not [output for output in outputs if output.output_type in ("error", "stream")]
    written = "".join(str(value) for output in outputs for kind, value in output.data.items() if "image" not in kind)
    assert not [word for word in ("/home/", "/root/", "/tmp/", "site-packages") if word in written]
