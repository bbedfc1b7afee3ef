from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings
from mlops_lab.walkthrough import browser
from mlops_lab.walkthrough.places import Places
from mlops_lab.walkthrough.scene import View


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with Places(Settings(root=tmp_path, mlflow="http://127.0.0.1:9")) as places:
        yield places


def test_a_name_becomes_its_address_and_the_rest_of_the_view_stays(places: Places, tmp_path: Path) -> None:
    view = View("{reports}/week2/page.html", shows="h1", at="#end")

    assert places.resolved(view) == View(f"{tmp_path.as_uri()}/reports/week2/page.html", shows="h1", at="#end")


def test_a_place_that_the_lab_has_not_is_named_with_those_that_it_has(places: Places) -> None:
    with pytest.raises(LabError, match=r"\{grafana\} is no place of the lab; use one of api, dashboard, experiment"):
        places.resolved(View("{grafana}/d/1"))


def test_an_mlflow_that_does_not_answer_is_said_in_one_line(places: Places) -> None:
    with pytest.raises(LabError, match="MLflow has no experiment 'income'"):
        places.resolved(View("{experiment:income}"))


def test_a_machine_without_a_browser_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "APPLICATIONS", ())

    with pytest.raises(LabError, match="apt install chromium"):
        browser.executable()
