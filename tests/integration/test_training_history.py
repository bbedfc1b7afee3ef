"""What a workflow's training leaves in MLflow is found again by the workflow's name and run."""

from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.registry import history
from mlops_lab.registry.tracking import BUNDLE_SHA256, BUNDLE_URI, Registry, load_mlflow
from mlops_lab.reporting.training_summary import newest
from mlops_lab.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with three runs: by hand, by train (published), by train again (refused)."""
    root = tmp_path_factory.mktemp("lab")
    here = Settings(root=root, mlflow=f"sqlite:///{root}/mlflow.db", workflow="train", workflow_run="9")
    client = load_mlflow().MlflowClient(tracking_uri=here.mlflow_uri, registry_uri=here.mlflow_uri)
    experiment = client.create_experiment("income", artifact_location=(root / "artifacts").as_uri())
    client.create_registered_model("income")
    for start, tags in enumerate([{}, {"workflow": "train", "workflow_run": "7"}, here.workflow_tags]):
        run = client.create_run(experiment, start_time=start, tags=tags)
        if tags.get("workflow_run") == "7":
            version = client.create_model_version("income", source="file:///nowhere", run_id=run.info.run_id)
            client.set_model_version_tag("income", version.version, BUNDLE_URI, "s3://b/models/income/1/")
            client.set_model_version_tag("income", version.version, BUNDLE_SHA256, "hash")
        client.set_terminated(run.info.run_id)
    return here


def test_runs_are_found_by_workflow_newest_first_with_the_version_they_became(settings: Settings):
    found = history.runs(settings, "income", workflow="train")

    assert [each.tags["workflow_run"] for each in found] == ["9", "7"]
    assert [each.version for each in found] == [None, Registry(settings, "income").versions()[0]]


def test_published_versions_are_those_with_a_bundle(settings: Settings):
    assert [each.version for each in Registry(settings, "income").versions()] == ["1"]


def test_inside_a_workflow_the_summary_is_of_its_own_run(settings: Settings):
    assert "no new version" in newest(settings, "income")


def test_a_workflow_run_that_trained_nothing_says_so(settings: Settings):
    with pytest.raises(LabError, match="workflow run 10 has no training run of income"):
        newest(settings.model_copy(update={"workflow_run": "10"}), "income")


def test_a_store_that_cannot_be_used_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(LabError, match="cannot be used"):
        history.runs(Settings(root=tmp_path, mlflow=f"sqlite:///{tmp_path}/file/mlflow.db"), "income")
