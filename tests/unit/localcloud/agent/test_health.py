from concurrent.futures import ThreadPoolExecutor

import pytest

from mlops_lab.localcloud.agent.health import Check, HealthTable, TargetHealth, judge, matches

CHECK = Check(("arn:tg", "127.0.0.1", 7001), "/ready", 5, 2, 3, 2, "200")
REFUSED = ("Target.FailedHealthChecks", "Health checks failed")


def states(before: TargetHealth, *answers: object) -> list[str]:
    seen = []
    for second, failure in enumerate(answers):
        before = judge(before, CHECK, failure, float(second))
        seen.append(before.state)
    return seen


def test_a_new_target_is_healthy_after_one_success():
    assert states(TargetHealth(), None) == ["healthy"]


def test_a_healthy_target_needs_the_threshold_of_failures_in_a_row():
    healthy = TargetHealth("healthy", None, None)

    assert states(healthy, REFUSED, None, REFUSED, REFUSED) == ["healthy", "healthy", "healthy", "unhealthy"]


def test_an_unhealthy_target_needs_the_threshold_of_successes_in_a_row():
    unhealthy = TargetHealth("unhealthy", *REFUSED)

    assert states(unhealthy, None, None, REFUSED, None, None, None)[-3:] == ["unhealthy", "unhealthy", "healthy"]


def test_a_new_target_may_fail_for_as_long_as_its_thresholds_allow():
    early = judge(TargetHealth(), CHECK, REFUSED, 100.0)
    later = judge(early, CHECK, REFUSED, 109.9)
    late = judge(later, CHECK, REFUSED, 110.0)

    assert [early.state, later.state, late.state] == ["initial", "initial", "unhealthy"]


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [("200", 200, True), ("200", 204, False), ("200,204", 204, True), ("200-299", 299, True), ("200-299", 301, False)],
)
def test_a_matcher_is_a_code_a_list_or_a_range(matcher: str, status: int, expected: bool):
    assert matches(matcher, status) is expected


def test_a_change_of_state_is_announced_once():
    announced: list[int] = []
    table = HealthTable(lambda: announced.append(1), probe=lambda check: None)
    table.watch([])
    table.watch([CHECK])

    with ThreadPoolExecutor(1) as pool:
        table.probe_due(pool)
        table.probe_due(pool)

    assert table.of(*CHECK.key).state == "healthy"
    assert announced == [1]


def test_targets_that_are_there_at_the_start_are_known_at_once():
    table = HealthTable(lambda: None, probe=lambda check: None)

    table.watch([CHECK])

    assert table.of(*CHECK.key).state == "healthy"


def test_a_target_that_is_watched_no_more_is_forgotten():
    table = HealthTable(lambda: None, probe=lambda check: None)
    table.watch([CHECK])

    table.watch([])
    assert table.of(*CHECK.key) is None

    table.watch([CHECK])
    assert table.of(*CHECK.key).state == "initial"
