from datetime import date

from mlops_lab.delivery.changelog import HEADER, Commit, entry, inserted
from mlops_lab.outcomes.outcome import Result

DAY = date(2026, 11, 23)
COMMITS = [
    Commit("ccc", "Fix the drain"),
    Commit("bbb", "Add autoscaling"),
    Commit("aaa", "State what applies"),
    Commit("000", "add the lab"),
]
RESULTS = [
    Result("1.1", "init works", "pass", 19.07, "s3://bucket | locked\nby one"),
    Result("2.1", "scales", "not applicable", 0.0, "no Fargate here"),
]


def text(commits: list[Commit] = COMMITS) -> str:
    return entry("v1.0-infra", DAY, commits, RESULTS, "local")


def test_commits_are_grouped_by_what_they_do():
    assert "### Added\n\n- Add autoscaling (bbb)\n- add the lab (000)\n" in text()
    assert "### Changed\n\n- State what applies (aaa)\n" in text()
    assert "### Fixed\n\n- Fix the drain (ccc)\n" in text()
    assert "### Removed" not in text()


def test_the_entry_states_what_held_and_what_could_not():
    assert text().startswith("## [v1.0-infra] - 2026-11-23\n")
    assert "1 of 2 outcomes hold on the target local, 1 not applicable there." in text()


def test_the_evidence_is_one_row_an_outcome():
    rows = [line for line in text().splitlines() if line.startswith("| ")]

    assert rows == [
        "| id | outcome | status | seconds | evidence |",
        "| 1.1 | init works | pass | 19.1 | s3://bucket \\| locked by one |",
        "| 2.1 | scales | not applicable | 0.0 | no Fargate here |",
    ]


def test_a_release_without_a_commit_has_its_evidence_all_the_same():
    assert "### Changed" not in text([])
    assert "### Evidence" in text([])


def test_the_first_entry_comes_under_the_header():
    changelog = inserted("", text())

    assert changelog.startswith(HEADER)
    assert changelog.index("# Changelog") < changelog.index("## [v1.0-infra]")


def test_a_new_entry_comes_above_the_old_ones_and_keeps_what_people_wrote():
    old = inserted("# Changes\n\nBy hand.\n", entry("v1.0-infra", DAY, [], RESULTS, "local"))

    new = inserted(old, entry("v1.1-infra", DAY, [], RESULTS, "local"))

    assert new.startswith("# Changes\n\nBy hand.\n")
    assert new.index("## [v1.1-infra]") < new.index("## [v1.0-infra]")
    assert new.count("### Evidence") == 2
