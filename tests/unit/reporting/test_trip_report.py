import numpy as np
import pandas as pd
import pytest

from mlops_lab.candidate import Candidate
from mlops_lab.data.dataset import RawData
from mlops_lab.projects.project import Project
from mlops_lab.reporting import training_tables, trip_chart, trip_findings, trip_tables
from mlops_lab.reporting.picture import png
from mlops_lab.reporting.trip_errors import Month, errors, hindsight, later_months

MONTHS = [
    Month("2019-01", 9_000, 3.4, 6.8),
    Month("2019-06", 9_000, 4.0, 8.0, 4.3),
    Month("2020-05", 9_000, 5.5, 6.9, 3.9),
]


@pytest.fixture(scope="module")
def shown(taxi_candidate: Candidate) -> pd.DataFrame:
    parts = taxi_candidate.splits
    return errors(taxi_candidate.project, taxi_candidate.model, parts.train, parts.test)


def test_months_of_equal_size_stand_in_one_line(taxi: Project, trips: RawData) -> None:
    rows = trip_tables.totals(taxi, trips.frame).to_numpy().tolist()

    assert rows == [
        ["values of file_month", "36", "36"],
        ["rows of each", "10,000", "10,000"],
        ["total", "360,000", "360,000"],
    ]


def test_a_month_that_lacks_rows_is_seen(taxi: Project, trips: RawData) -> None:
    january = trips.frame.index[trips.frame["file_month"] == "2018-01"]

    table = trip_tables.totals(taxi, trips.frame.drop(january[:7]))

    assert table["in the file"].tolist()[1:] == ["9,993 to 10,000", "359,993"]


def test_each_filter_says_what_breaks_it_and_all_together_leave_the_published_rows(
    taxi: Project, trips: RawData
) -> None:
    rows = dict(trip_tables.filters(taxi, trips.frame).to_numpy().tolist())

    assert rows["trip_distance is above 0 and at most 60"] == "4,219"
    assert rows["any of them"] == "7,378"
    assert rows["total"] == "352,622 rows have a label"


def test_every_column_that_is_known_after_the_trip_says_so(taxi: Project, trips: RawData) -> None:
    roles = training_tables.columns(taxi, trips.frame.head(100)).set_index("column")["the model"]

    assert roles["pickup_datetime"] == "sees it"
    assert roles["trip_distance"] == "may not see it: known only after the trip"


def test_the_model_stands_below_its_baselines(taxi_candidate: Candidate) -> None:
    table = trip_tables.against_baselines(taxi_candidate.evaluation)

    assert table["mean error"].astype(float).is_monotonic_decreasing
    assert table.iloc[-1, 0] == "this model"


def test_errors_of_the_rows_are_those_of_the_evaluation(shown: pd.DataFrame, taxi_candidate: Candidate) -> None:
    evaluation = taxi_candidate.evaluation

    assert shown["error"].mean() == pytest.approx(evaluation.metrics["mae"])
    assert shown["simple"].mean() == pytest.approx(evaluation.baselines["typical"]["mae"])


def test_hindsight_counts_only_rows_that_have_others_alike() -> None:
    rows = pd.DataFrame({"zone": [1] * 5 + [2] * 4, "truth": [1.0, 2, 3, 4, 5, 9, 9, 9, 9], "error": 2.0})

    count, distance, error = hindsight(rows, ["zone"])

    assert (count, distance, error) == (5, pytest.approx(1.2), 2.0)


def test_zones_of_few_trips_are_left_out_and_the_worst_come_first() -> None:
    rows = pd.DataFrame({"zone": [1] * 50 + [2] * 50 + [3] * 49, "error": [1.0] * 50 + [4.0] * 50 + [9.0] * 49})

    found = trip_chart.by_zone(rows.assign(truth=10.0), "zone")

    assert found.index.tolist() == [2, 1]


def test_months_are_judged_from_the_held_out_one_on(taxi_candidate: Candidate, trips: RawData) -> None:
    project, model = taxi_candidate.project, taxi_candidate.model

    months = later_months(project, model, trips.frame, ["2020-05"])

    found = {each.name: each for each in months}
    assert list(found) == [f"{year}-{month:02}" for year in (2019, 2020) for month in range(1, 13)]
    assert found["2019-01"].error == pytest.approx(taxi_candidate.evaluation.metrics["mae"])
    assert found["2019-01"].constant == pytest.approx(taxi_candidate.evaluation.baselines["constant"]["mae"])
    assert found["2020-05"].retrained is not None
    assert found["2020-05"].retrained < found["2020-05"].error - 1
    assert found["2020-06"].retrained is None


def test_the_findings_follow_the_figures(shown: pd.DataFrame, taxi_candidate: Candidate) -> None:
    told = trip_findings.to_come(MONTHS, 3.55)

    assert "above 3.55 minutes in 2 of 3 months, most in 2020-05 (5.50)" in told
    assert "better in 2020-05 and worse in 2019-06" in told
    assert "**3.46 minutes**" in trip_findings.quality(taxi_candidate.evaluation)
    assert "75% of its error" in trip_findings.limits((100, 3.0, 4.0))
    assert f"Zone {trip_chart.by_zone(shown, 'pickup_location_id').index[0]} is hardest" in trip_findings.weak_spots(
        shown, "pickup_location_id"
    )
    assert f"{shown['truth'].median():.1f}" in trip_findings.durations(shown)


def test_only_months_with_a_second_model_are_compared() -> None:
    assert trip_tables.retraining(MONTHS)["repaired"].tolist() == ["-0.30", "+1.60"]


def test_the_pictures_are_drawn(shown: pd.DataFrame) -> None:
    drawn = (
        trip_chart.durations(shown),
        trip_chart.by_hour_and_zone(shown, "pickup_location_id"),
        trip_chart.to_come(MONTHS, 3.55),
    )

    assert all(png(figure).startswith(b"\x89PNG") for figure in drawn)
    assert np.isclose(drawn[2].axes[0].lines[1].get_ydata()[0], 3.4)
