import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from mlops_lab.errors import LabError
from mlops_lab.finops import guard
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.settings import Settings

BALANCER = {
    "address": "aws_lb.this",
    "mode": "managed",
    "type": "aws_lb",
    "name": "this",
    "values": {"internal": False, "subnets": ["a", "b"]},
}
PLAN = {"planned_values": {"root_module": {"resources": [BALANCER]}}}
MONTHLY = 730 * 0.0225 + 0.04 * 730 * 0.008 + 2 * 730 * 0.005 + 5 * 0.09  # balancer, its capacity, addresses, answers


def test_a_plan_within_the_limit_is_allowed_and_its_figure_said() -> None:
    told = guard.allow(PLAN, 25.0, confirmed=False)

    assert f"{MONTHLY:.2f} USD a month" in told
    assert "limit: 25.00 USD" in told


def test_a_plan_above_the_limit_is_refused_with_figure_limit_and_remedy() -> None:
    with pytest.raises(LabError) as error:
        guard.allow(PLAN, 20.0, confirmed=False)

    assert f"{MONTHLY:.2f} USD" in str(error.value)
    assert "limit: 20.00 USD" in str(error.value)
    assert "CONFIRM_COST=1" in str(error.value)


def test_a_confirmed_plan_is_allowed_above_the_limit() -> None:
    assert f"{MONTHLY:.2f} USD" in guard.allow(PLAN, 20.0, confirmed=True)


def test_what_has_no_known_price_is_named() -> None:
    unknown = {**BALANCER, "address": "aws_kinesis_stream.this", "type": "aws_kinesis_stream"}
    plan = {"planned_values": {"root_module": {"resources": [BALANCER, unknown]}}}

    assert "aws_kinesis_stream" in guard.allow(plan, 25.0, confirmed=False)


SUMMARY = {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "plan"}}
PROGRAM = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  plan) cat "$(dirname "$0")/summary.json"; exit 2 ;;
  show) cat "$(dirname "$0")/plan.json" ;;
esac
"""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="mlops-lab-tfstate-123456789012")
        yield


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Stands in for Terraform: it plans one addition and writes down how it is called."""
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY) + "\n")
    path = tmp_path / "terraform"
    path.write_text(PROGRAM)
    path.chmod(0o755)
    (tmp_path / "infra").mkdir()
    return path


def commands(program: Path) -> list[str]:
    return [line.split()[0] for line in (program.parent / "calls").read_text().splitlines()]


@pytest.mark.usefixtures("aws")
def test_an_apply_on_aws_above_the_limit_ends_before_terraform_applies(program: Path) -> None:
    settings = Settings(
        target="aws", root=program.parent, terraform=program, auto_approve=True, cost_limit_usd=20, confirm_cost=False
    )

    with pytest.raises(LabError, match="nothing was changed"):
        Terraform(settings).apply()

    assert "apply" not in commands(program)


@pytest.mark.usefixtures("aws")
def test_a_confirmed_apply_on_aws_goes_on_and_says_the_projection(program: Path) -> None:
    settings = Settings(
        target="aws", root=program.parent, terraform=program, auto_approve=True, cost_limit_usd=20, confirm_cost=True
    )
    said: list[str] = []

    Terraform(settings, said.append).apply()

    assert commands(program)[-1] == "apply"
    assert any(f"{MONTHLY:.2f} USD a month" in each for each in said)


def test_nobody_is_billed_by_the_embedded_cloud(tmp_path: Path) -> None:
    assert Settings(target="local", root=tmp_path).monthly_limit is None
