import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_lab.localcloud.agent.embedded_metrics import extract
from mlops_lab.serving.prediction_log.metric import shed

DIRECTIVE = {"Namespace": "lab", "Dimensions": [["Project"]], "Metrics": [{"Name": "Shed", "Unit": "Count"}]}


def line(directive: Any = DIRECTIVE, timestamp: Any = 1_000, **members: Any) -> str:
    return json.dumps({"_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [directive]}} | members)


def test_a_metric_in_a_line_is_a_datum_with_its_dimensions():
    ((namespace, datum),) = extract(line(Project="income", Shed=3))

    assert namespace == "lab"
    assert datum["MetricName"] == "Shed"
    assert datum["Dimensions"] == [{"Name": "Project", "Value": "income"}]
    assert (datum["Values"], datum["Unit"]) == ([3.0], "Count")
    assert datum["Timestamp"] == datetime.fromtimestamp(1, UTC)


def test_a_metric_is_published_for_each_combination_of_dimensions():
    directive = DIRECTIVE | {"Dimensions": [[], ["Project"], ["Project", "Track"]]}

    found = [datum for _, datum in extract(line(directive, Project="income", Track="stable", Shed=[1, 2]))]

    assert [len(datum["Dimensions"]) for datum in found] == [0, 1, 2]
    assert all(datum["Values"] == [1.0, 2.0] for datum in found)


def test_the_line_that_the_prediction_log_writes_is_one():
    ((namespace, datum),) = extract(json.dumps(shed("income", 7, 1.0)))

    assert (namespace, datum["MetricName"], datum["Values"]) == ("mlops-lab", "PredictionsShed", [7.0])


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        '{"event": "ready"}',
        '{"_aws": ',
        '{"_aws": 1}',
        line(Project="income"),
        line(Project="income", Shed="three"),
        line(Project="income", Shed=True),
        line(Shed=1),
        line("none", Project="income", Shed=1),
        line(timestamp="now", Project="income", Shed=1),
        line(timestamp=1e300, Project="income", Shed=1),
        '["_aws"]',
    ],
)
def test_a_line_that_does_not_keep_to_the_format_has_no_metric(text: str):
    assert list(extract(text)) == []
