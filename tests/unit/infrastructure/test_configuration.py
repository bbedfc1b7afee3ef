"""What `infra/` says, read as it is written: names, descriptions, and what a plan must leave alone."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_lab import catalog, projects
from mlops_lab.infrastructure.documentation import Configuration, read

INFRA = Path(__file__).parents[3] / "infra"
MODULES = [INFRA, INFRA / "bootstrap"]


def resource(configuration: Configuration, kind: str, name: str) -> Mapping[str, Any]:
    blocks = [block for content in configuration.files.values() for block in content.get("resource", [])]
    found: Mapping[str, Any] = next(block[kind][name] for block in blocks if name in block.get(kind, {}))
    return found


@pytest.mark.parametrize("module", MODULES, ids=["infra", "bootstrap"])
def test_every_variable_is_typed_described_and_validated(module: Path) -> None:
    for name, body in read(module).blocks("variable"):
        assert body["type"], name
        assert body["description"], name
        assert body["type"] == "bool" or body["validation"], name


@pytest.mark.parametrize("module", MODULES, ids=["infra", "bootstrap"])
def test_every_output_is_described(module: Path) -> None:
    for name, body in read(module).blocks("output"):
        assert body["description"], name


@pytest.mark.parametrize("module", MODULES, ids=["infra", "bootstrap"])
def test_every_file_begins_with_the_question_it_answers(module: Path) -> None:
    assert all(read(module).questions.values())


@pytest.mark.parametrize("module", MODULES, ids=["infra", "bootstrap"])
def test_the_name_is_the_catalogues(module: Path) -> None:
    assert dict(read(module).blocks("variable"))["name"]["default"] == catalog.NAME


def test_the_projects_repositories_are_the_catalogues() -> None:
    default = dict(read(INFRA).blocks("variable"))["projects"]["default"]

    repositories = projects.repositories()
    assert {name: each["repository"] for name, each in default.items()} == {
        name: repositories[name] for name in default
    }


def test_a_plan_leaves_alone_what_releases_and_canaries_set() -> None:
    configuration = read(INFRA)

    service = resource(configuration, "aws_ecs_service", "this")
    rule = resource(configuration, "aws_lb_listener_rule", "project")

    assert service["lifecycle"] == [{"ignore_changes": ["task_definition", "desired_count"]}]
    assert rule["lifecycle"] == [{"ignore_changes": ["action"]}]


def test_no_file_names_an_account_or_an_endpoint() -> None:
    for path in [*INFRA.glob("**/*.tf"), *INFRA.glob("**/*.tfvars"), *INFRA.glob("**/*.tfbackend")]:
        text = path.read_text()
        assert not any(word.isdigit() and len(word) == 12 for word in text.replace(":", " ").split()), path
        hosts = set(re.findall(r"http://([\w.$-]+)", text))
        assert hosts <= {"127.0.0.1", "$"}, path  # a container's own health check, an example, and what is computed
