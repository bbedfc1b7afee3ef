from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.infrastructure.documentation import SECTION, embed, overview, overview_in_step

BEGIN, END = "<!-- terraform-overview:begin -->", "<!-- terraform-overview:end -->"

MAIN = """# Where things are kept,
# and for how long.

resource "aws_s3_bucket" "this" {
  for_each = var.buckets

  bucket = each.value
}

variable "buckets" {
  description = <<-EOT
    Names: a | b,
    on two lines.
  EOT
  type        = map(object({ days = optional(number, 7) }))
}

variable "days" {
  description = "Days."
  type        = number
  default     = null
}

output "arn" {
  description = "ARN of it."
  value       = 1
}
"""


def write_overview(checkout: Path) -> None:
    readme = checkout / "README.md"
    readme.write_text(embed(readme.read_text(), SECTION, overview(checkout / "infra")))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "infra" / "bootstrap").mkdir(parents=True)
    (tmp_path / "infra" / "storage.tf").write_text(MAIN)
    (tmp_path / "infra" / "bootstrap" / "role.tf").write_text('# Who may.\nresource "aws_iam_role" "it" {}\n')
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    return tmp_path


def test_a_file_is_listed_with_its_question_and_resources(checkout: Path) -> None:
    text = overview(checkout / "infra")

    question = "Where things are kept, and for how long."
    assert f"| [`storage.tf`](infra/storage.tf) | {question} | `aws_s3_bucket.this[*]` |" in text
    assert "| [`bootstrap/role.tf`](infra/bootstrap/role.tf) | Who may. | `aws_iam_role.it` |" in text


def test_a_variable_is_listed_with_type_default_and_description_in_one_line(checkout: Path) -> None:
    lines = overview(checkout / "infra").splitlines()

    typed = "`map(object({days = optional(number, 7)}))`"
    assert f"| `buckets` | {typed} | required | Names: a \\| b, on two lines. |" in lines
    assert "| `days` | `number` | `null` | Days. |" in lines


def test_an_output_is_listed_with_its_description(checkout: Path) -> None:
    assert "| `arn` | ARN of it. |" in overview(checkout / "infra").splitlines()


def test_writing_brings_the_readme_into_step_and_keeps_the_rest(checkout: Path) -> None:
    with pytest.raises(LabError, match="run `make docs`"):
        overview_in_step(checkout)

    write_overview(checkout)

    readme = (checkout / "README.md").read_text()
    assert readme.startswith(f"before\n{BEGIN}\n### Resources")
    assert readme.endswith(f"{END}\nafter\n")
    assert overview_in_step(checkout) == "README.md in step with infra/: 1 resources, 2 variables, 1 outputs"


def test_writing_twice_changes_nothing(checkout: Path) -> None:
    write_overview(checkout)
    once = (checkout / "README.md").read_text()

    write_overview(checkout)

    assert (checkout / "README.md").read_text() == once


def test_a_new_variable_is_out_of_step(checkout: Path) -> None:
    write_overview(checkout)
    with (checkout / "infra" / "storage.tf").open("a") as file:
        file.write('variable "new" {\n  description = "New."\n  type = string\n}\n')

    with pytest.raises(LabError, match="is not what infra/ generates now"):
        overview_in_step(checkout)


@pytest.mark.parametrize("readme", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_markers_that_are_not_a_pair_are_refused(readme: str) -> None:
    with pytest.raises(LabError, match="once each"):
        embed(readme, SECTION, "section")


def test_a_folder_without_terraform_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="has no Terraform files"):
        overview(tmp_path)
