"""Links of the documents: what leads to no file or heading is found, whatever form it has."""

from pathlib import Path

from mlops_lab import document_links
from mlops_lab.outcomes.week7 import quick_start


def test_a_missing_file_picture_and_heading_are_found_and_the_rest_is_not(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text(
        "# The lab\n[1](RUNBOOK.md#high-cpu) [2](RUNBOOK.md#low) [3](#the-lab) [4](gone.md) ![5](gone.svg)\n"
        "[6](https://example.com/gone) `[7](code.md)`\n"
    )
    (tmp_path / "RUNBOOK.md").write_text("## High CPU\n")
    (tmp_path / "data" / "PROVENANCE.md").write_text("[8](../README.md#the-lab)\n")

    assert document_links.broken(tmp_path) == [
        "README.md: RUNBOOK.md#low names no heading",
        "README.md: gone.md does not exist",
        "README.md: gone.svg does not exist",
    ]


def test_an_anchor_is_github_s():
    assert document_links.anchor("Model Lifecycle & Promotion") == "model-lifecycle--promotion"


def test_the_quick_start_ends_with_its_section():
    wanted = "## Two commands\n```bash\nmake demo   # all\n```\n```bash\nmake predict\n```\n"
    text = f"x\n{wanted}## Other\n```bash\nmake reset\n```"

    assert quick_start(text) == ["demo", "predict"]
