import json

from mlops_lab.localcloud.agent.embedded_metrics import extract
from mlops_lab.serving.prediction_log import metric


def told(*, scores: list[float], milliseconds: list[float]) -> list[tuple[str, dict[str, str], list[float]]]:
    lines = metric.answered("taxi", "3", scores, milliseconds, 1_790_000_000.0)
    data = [datum for line in lines for _, datum in extract(json.dumps(line))]
    return [
        (each["MetricName"], {one["Name"]: one["Value"] for one in each["Dimensions"]}, each["Values"]) for each in data
    ]


def test_what_was_answered_is_told_of_the_project_and_of_the_version():
    found = told(scores=[1.0, 2.0], milliseconds=[0.5])

    both = [{"Project": "taxi"}, {"Project": "taxi", "ModelVersion": "3"}]
    assert found == [
        *(("Predictions", each, [2.0]) for each in both),
        *(("Score", each, [1.0, 2.0]) for each in both),
        *(("PredictionLatency", each, [0.5]) for each in both),
    ]


def test_no_value_is_lost_where_a_line_takes_a_hundred():
    found = told(scores=[float(each) for each in range(250)], milliseconds=[1.0] * 120)

    of_version = [each for each in found if "ModelVersion" in each[1]]
    assert sum(values[0] for name, _, values in of_version if name == "Predictions") == 250
    assert [value for name, _, values in of_version if name == "Score" for value in values] == list(range(250))
    assert sum(len(values) for name, _, values in of_version if name == "PredictionLatency") == 120


def test_nothing_answered_is_no_line():
    assert told(scores=[], milliseconds=[]) == []
