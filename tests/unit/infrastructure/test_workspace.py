from pathlib import Path

from mlops_lab import catalog, projects
from mlops_lab.infrastructure.workspace import Workspace
from mlops_lab.settings import Settings


def workspace(tmp_path: Path, **fields: object) -> Workspace:
    return Workspace(Settings(root=tmp_path, state=Path("state"), **fields))  # type: ignore[arg-type]


def test_nothing_is_written_into_the_checkout(tmp_path: Path) -> None:
    found = workspace(tmp_path)

    environment = found.environment("main")
    backend = found.write_backend("111122223333", "aws", catalog.STATE_KEY)

    state = tmp_path / "state"
    assert all(path.is_relative_to(state) for path in (backend, found.plan, found.bootstrap_state, found.log("apply")))
    assert Path(environment["TF_DATA_DIR"]).is_relative_to(state)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_the_backend_names_bucket_key_region_and_role_of_the_account(tmp_path: Path) -> None:
    text = workspace(tmp_path, region="eu-west-1").write_backend("111122223333", "aws-cn", "lab/terraform.tfstate")

    assert text.read_text().splitlines() == [
        'bucket = "mlops-lab-tfstate-111122223333"',
        'key = "lab/terraform.tfstate"',
        'region = "eu-west-1"',
        'assume_role = { role_arn = "arn:aws-cn:iam::111122223333:role/mlops-lab-terraform" }',
    ]


def test_a_mirror_is_the_only_source_of_providers(tmp_path: Path) -> None:
    environment = workspace(tmp_path, plugin_mirror=tmp_path / "mirror").environment("main")

    text = Path(environment["TF_CLI_CONFIG_FILE"]).read_text()

    assert f'path = "{tmp_path / "mirror"}"' in text
    assert "direct" not in text


def test_without_a_mirror_providers_come_from_their_registry(tmp_path: Path) -> None:
    environment = workspace(tmp_path, plugin_mirror=None).environment("main")

    assert "provider_installation" not in Path(environment["TF_CLI_CONFIG_FILE"]).read_text()


def test_targets_share_providers_and_nothing_else(tmp_path: Path) -> None:
    local, aws = workspace(tmp_path), workspace(tmp_path, target="aws")

    assert local.folder != aws.folder
    assert local.tfvars(tmp_path).name == "local.tfvars"
    assert aws.tfvars(tmp_path).name == "aws.tfvars"
    assert aws.tfbackend().name == "aws.s3.tfbackend"


def test_terraform_is_told_of_every_project_that_is_there(tmp_path: Path) -> None:
    told = workspace(tmp_path).projects

    assert set(told) == set(projects.names())
    assert told["income"]["repository"] == "mlops-api-1"
    assert {"name": "pickup_datetime", "type": "timestamp"} in told["taxi"]["fields"]
    assert len({each["repository"] for each in told.values()}) == len(told)
