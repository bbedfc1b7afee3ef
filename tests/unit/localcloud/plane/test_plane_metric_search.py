import pytest

from mlops_lab.localcloud.plane.extension.metrics.search import Search, parse

WORDS = "SEARCH('{lab,Project,Version} MetricName=\"Score\" Project=\"taxi\"', 'p50', 10)"


def test_a_search_is_read():
    assert parse(WORDS) == Search("lab", frozenset({"Project", "Version"}), "Score", (("Project", "taxi"),), "p50", 10)


@pytest.mark.parametrize(
    ("dimensions", "found"),
    [
        ((("Project", "taxi"), ("Version", "3")), True),
        ((("Project", "income"), ("Version", "3")), False),
        ((("Project", "taxi"),), False),
        ((("Project", "taxi"), ("Version", "3"), ("Zone", "a")), False),
    ],
)
def test_it_finds_metrics_with_exactly_its_dimensions_and_the_values_asked_for(
    dimensions: tuple[tuple[str, str], ...], found: bool
):
    search = parse(WORDS)
    assert search is not None

    assert search.finds(dimensions) is found


def test_a_found_metric_is_called_by_what_was_left_open():
    search = parse(WORDS)
    assert search is not None

    assert search.label((("Project", "taxi"), ("Version", "3"))) == "3"


@pytest.mark.parametrize(
    "expression",
    [
        "m1 / m2",
        "SEARCH('x')",
        "SEARCH('{lab,Project} Score', 'Sum')",
        "SEARCH('{lab,Project} MetricName=\"Score\" OR MetricName=\"Other\"', 'Sum')",
        "SEARCH('{lab,Project} MetricName=\"Score\" Zone=\"a\"', 'Sum')",
    ],
)
def test_a_form_that_is_not_understood_is_no_search(expression: str):
    assert parse(expression) is None
