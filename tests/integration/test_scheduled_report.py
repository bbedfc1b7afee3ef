"""A report as its task makes it: a notebook run on a project, kept in the embedded cloud's S3, listed and fetched."""

from pathlib import Path

import nbformat
import pytest

from mlops_lab import projects
from mlops_lab.catalog import predictions_bucket
from mlops_lab.cloud.session import client
from mlops_lab.errors import LabError
from mlops_lab.report import main, report
from mlops_lab.reporting.scheduled import fetch
from mlops_lab.settings import LOCAL_ACCOUNT, Settings

BUCKET = predictions_bucket(LOCAL_ACCOUNT)
TAXI = projects.get("taxi")


@pytest.fixture
def settings(cloud: Settings) -> Settings:
    """A lab with a bucket for reports, and a notebook of week 9 that fails from ten on."""
    client(cloud, "s3").create_bucket(Bucket=BUCKET)
    cells = [
        nbformat.v4.new_markdown_cell("# A question"),
        nbformat.v4.new_code_cell('project_name = "income"\nlimit = 1', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell('print("about", project_name)'),
        nbformat.v4.new_code_cell("assert limit < 10, limit"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    (cloud.root / "notebooks").mkdir()
    nbformat.write(book, cloud.root / "notebooks" / "week9_question.ipynb")
    return cloud


def text(settings: Settings, uri: str) -> str:
    key = uri.removeprefix(f"s3://{BUCKET}/")
    return str(client(settings, "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def test_the_executed_notebook_and_its_page_are_kept_below_the_project_s_prefix(settings: Settings):
    done = report(TAXI, settings, 9, {"limit": 2})

    assert done.page_uri.startswith(f"s3://{BUCKET}/reports/project=taxi/week9/")
    assert "about taxi" in text(settings, done.page_uri)
    assert "about taxi" in text(settings, done.notebook_uri)
    assert str(settings.root) not in text(settings, done.notebook_uri)


def test_a_notebook_that_fails_is_kept_as_failed_with_what_its_cell_said(settings: Settings):
    with pytest.raises(
        LabError, match=r"`assert limit < 10, limit`\) failed: AssertionError: 11; .*-failed/week9"
    ) as told:
        report(TAXI, settings, 9, {"limit": 11})

    uri = str(told.value).removesuffix(".").rpartition(" ")[2]
    assert "about taxi" in text(settings, uri)
    assert "AssertionError" in text(settings, uri)
    assert str(settings.state_dir) not in str(told.value)


def test_a_parameter_that_the_notebook_has_not_leaves_nothing(settings: Settings):
    with pytest.raises(LabError, match=r"limits is not a parameter of week9_question\.ipynb"):
        report(TAXI, settings, 9, {"limits": 2})

    assert "Contents" not in client(settings, "s3").list_objects_v2(Bucket=BUCKET)


def test_the_newest_of_all_weeks_is_fetched(settings: Settings):
    s3 = client(settings, "s3")
    for key in ("week9/2026-11-23T05-00-00Z/a.html", "week10/2026-11-16T05-00-00Z/b.html"):
        s3.put_object(Bucket=BUCKET, Key=f"reports/project=taxi/{key}", Body=key.encode())
    s3.put_object(Bucket=BUCKET, Key="reports/project=income/week3/2026-11-30T05-00-00Z/c.html", Body=b"another's")

    said = fetch(settings, "taxi").splitlines()

    folder = settings.state_dir / "reports/project=taxi/week9/2026-11-23T05-00-00Z"
    assert said[-2:] == [f"s3://{BUCKET}/reports/project=taxi/week9/2026-11-23T05-00-00Z", f"fetched: {folder}"]
    assert len(said) == 3
    assert (folder / "a.html").read_text() == "week9/2026-11-23T05-00-00Z/a.html"
    assert [path.name for path in settings.state_dir.rglob("*.html")] == ["a.html"]


def test_without_a_report_the_command_that_makes_one_is_named(settings: Settings):
    with pytest.raises(LabError, match=r"taxi has no report in .*make report-task PROJECT=taxi"):
        fetch(settings, "taxi")


def test_the_program_ends_with_1_and_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd):
    for name, value in settings.exported.items():
        monkeypatch.setenv(name, value)

    assert main(["--project", "nope", "--week", "9"]) == 1
    assert main(["--project", "taxi", "--week", "8"]) == 1
    assert main(["--project", "taxi", "--week", "9", "limit=2"]) == 0

    written, told = capfd.readouterr()
    own = [line for line in told.splitlines() if not line.startswith("[IPKernelApp]")]  # a kernel that ended late
    assert [line.partition(";")[0] for line in own] == [
        "PROJECT is 'nope'",
        f"Week 8 has no notebook in {settings.root / 'notebooks'}",
    ]
    assert written.count("s3://") == 2
    assert not list(Path(settings.state_dir).rglob("*.ipynb"))
