"""Bootstrap, backend and lock on a control plane of their own; applying everything is the lab's own work."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_lab import catalog
from mlops_lab.cloud.session import account, client
from mlops_lab.errors import LabError
from mlops_lab.infrastructure.leftovers import deregister_releases, leftovers
from mlops_lab.infrastructure.rehearsal import empty_account
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("terraform")
    with empty_account(folder) as port:
        yield Settings(root=ROOT, state=folder / "state", cloud_port=port)


@pytest.fixture(scope="module")
def terraform(settings: Settings) -> Terraform:
    """Terraform with its state bucket and role."""
    made = Terraform(settings)
    with pytest.raises(LabError, match="does not exist; run `make apply`"):
        made.init()
    made.bootstrap()
    return made


def test_the_state_bucket_is_versioned_encrypted_closed_and_tls_only(terraform: Terraform) -> None:
    s3, bucket = client(terraform.settings, "s3"), catalog.state_bucket(account(terraform.settings))

    versioning = s3.get_bucket_versioning(Bucket=bucket)["Status"]
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]

    assert versioning == "Enabled"
    assert encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(closed.values())
    assert [(each["Effect"], each["Condition"]) for each in statements] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]


def test_terraforms_role_opens_the_state_and_denies_every_other_bucket(terraform: Terraform) -> None:
    answer = client(terraform.settings, "iam").get_role_policy(RoleName=catalog.TERRAFORM_ROLE, PolicyName="state")
    arn = f"arn:aws:s3:::{catalog.state_bucket(account(terraform.settings))}"

    statements = {each["Sid"]: each for each in answer["PolicyDocument"]["Statement"]}

    assert statements["WriteAndLockState"]["Resource"] == f"{arn}/lab/*"
    assert statements["NoOtherBucket"]["Effect"] == "Deny"
    assert statements["NoOtherBucket"]["NotResource"] == [arn, f"{arn}/*"]
    assert not [each for each in statements.values() if "*" in json.dumps(each["Action"])]


def test_init_links_the_s3_backend_through_the_role(terraform: Terraform) -> None:
    terraform.init()

    backend = terraform.backend()

    assert backend["type"] == "s3"
    assert backend["config"]["use_lockfile"] is True
    assert backend["config"]["assume_role"]["role_arn"].endswith(f":role/{catalog.TERRAFORM_ROLE}")


def test_a_second_writer_is_refused_and_the_lock_released_after_it(terraform: Terraform) -> None:
    assert terraform.refused_while_locked() == "Error acquiring the state lock"

    s3, bucket = client(terraform.settings, "s3"), catalog.state_bucket(account(terraform.settings))
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"{catalog.STATE_KEY}.tflock")


def test_somebody_elses_lock_is_not_taken_away(terraform: Terraform) -> None:
    s3, bucket = client(terraform.settings, "s3"), catalog.state_bucket(account(terraform.settings))
    key = f"{catalog.STATE_KEY}.tflock"
    s3.put_object(Bucket=bucket, Key=key, Body=b"{}")

    with pytest.raises(LabError, match="The state is locked"):
        terraform.refused_while_locked()

    assert s3.head_object(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=bucket, Key=key)


def test_a_fresh_clone_takes_over_what_an_earlier_one_made(terraform: Terraform, tmp_path: Path) -> None:
    said: list[str] = []
    clone = Terraform(Settings(root=ROOT, state=tmp_path, cloud_port=terraform.settings.cloud_port), said.append)

    clone.bootstrap()
    clone.bootstrap()

    assert said[-1] == "plan: no changes"
    state = json.loads((tmp_path / "terraform" / "local" / "bootstrap.tfstate").read_text())
    assert {"aws_s3_bucket", "aws_iam_role"} <= {each["type"] for each in state["resources"]}


def test_leftovers_name_what_has_the_tag_and_no_inactive_definition(terraform: Terraform) -> None:
    ecs = client(terraform.settings, "ecs")
    ecs.register_task_definition(
        family="mlops-lab-income-stable",
        containerDefinitions=[{"name": "api", "image": "image", "memory": 128}],
        tags=[{"key": "Project", "value": catalog.NAME}],
    )

    before = leftovers(terraform.settings)
    deregister_releases(terraform.settings)
    after = leftovers(terraform.settings)

    assert sorted(arn.rpartition("/")[2].rpartition(":::")[2] for arn in before) == [
        "mlops-lab-income-stable:1",
        "mlops-lab-terraform",
        catalog.state_bucket(account(terraform.settings)),
    ]
    assert [arn for arn in before if arn not in after] == [arn for arn in before if ":task-definition/" in arn]


def test_a_configuration_terraform_refuses_is_told_in_one_line(terraform: Terraform, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    with (tmp_path / "infra" / "environments" / "local.tfvars").open("a") as file:
        file.write('\nnetwork_layout = "public"\n')
    settings = Settings(root=tmp_path, state=terraform.settings.state_dir, cloud_port=terraform.settings.cloud_port)

    with pytest.raises(LabError, match="network_layout is 'public'; use public-tasks, vpc-endpoints or nat") as error:
        Terraform(settings).changes()

    assert "\n" not in str(error.value)


def test_without_a_cloud_nothing_runs_and_make_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="run `make up`"):
        Terraform(Settings(root=ROOT, state=tmp_path, cloud_port=1)).apply()

    assert not (tmp_path / "logs").exists()


def test_aws_without_credentials_is_one_line_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    settings = Settings(root=ROOT, state=tmp_path / "state", target="aws")

    with pytest.raises(LabError, match="credentials") as error:
        Terraform(settings).apply()

    assert "\n" not in str(error.value)
    assert not (tmp_path / "state" / "logs").exists()


def test_destroy_on_aws_asks_and_takes_no_for_an_answer(
    terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(terraform.settings.endpoint_url))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    asked: list[str] = []
    refusing = Terraform(Settings(root=ROOT, state=tmp_path, target="aws"), ask=lambda text: bool(asked.append(text)))

    with pytest.raises(LabError, match="Not agreed; nothing was changed"):
        refusing.destroy()

    assert "Destroy the lab in AWS account 123456789012" in asked[0]
    assert not (tmp_path / "logs").exists()
