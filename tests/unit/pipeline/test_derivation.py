from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.candidate import Candidate
from mlops_lab.pipeline.derivation import derive
from mlops_lab.pipeline.features import Feature, FeatureSpec, compute, unknown
from mlops_lab.pipeline.train import columns_of, feature_frame

PAIR = Feature("pair", "category", ("1-2",), "pair", ("from", "to"))
HOW = ("minute_of_day", "weekday", "month", "day")


def test_a_time_gives_its_minute_weekday_month_and_day() -> None:
    tuesday = ["2019-01-15T08:30:59"]

    assert [derive(how, tuesday) for how in HOW] == [[510], [1], [1], [17_911]]


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)))
def test_text_of_a_request_and_a_time_of_a_table_give_the_same(moment: datetime) -> None:
    to_second = moment.replace(microsecond=0)

    for how in HOW:
        expected = derive(how, [to_second])
        assert derive(how, [pd.Timestamp(to_second)]) == expected
        assert derive(how, [to_second.isoformat()]) == expected
        assert derive(how, [to_second.isoformat(" ")]) == expected


def test_a_zone_is_the_same_category_as_a_number_of_any_type() -> None:
    assert derive("text", [161, 161.0]) == ["161", "161"]
    assert derive("pair", [161, 1.0], [230.0, 2]) == ["161-230", "1-2"]


def test_what_is_derived_from_nothing_is_missing() -> None:
    assert derive("pair", [1, None, 3], [None, 2, 4]) == [None, None, "3-4"]
    assert compute(FeatureSpec((PAIR,)), {"from": [None], "to": [2]})["pair"].tolist() == [[""]]


def test_derived_categories_that_training_has_not_seen_are_counted() -> None:
    spec = FeatureSpec((PAIR,))

    assert unknown(spec, {"from": [1, 1, 9], "to": [2, 3, None]}) == {"pair": 1}


def test_a_specification_names_each_source_once_and_survives_its_document() -> None:
    spec = FeatureSpec((PAIR, Feature("age", "number"), Feature("zone", "category", (), "text", ("from",))))

    assert spec.columns == ("from", "to", "age")
    assert FeatureSpec.from_document(spec.document()) == spec


def test_a_document_of_before_features_could_be_derived_is_read() -> None:
    document = [{"name": "age", "kind": "number", "categories": []}]

    assert FeatureSpec.from_document(document) == FeatureSpec((Feature("age", "number"),))


def test_missing_numbers_of_a_table_become_nothing_whatever_their_type() -> None:
    frame = pd.DataFrame({"age": pd.array([1, pd.NA], dtype="Int16"), "other": [0.5, float("nan")]})
    spec = FeatureSpec((Feature("age", "number"), Feature("other", "number")))

    assert columns_of(spec, frame) == {"age": [1, None], "other": [0.5, None]}


@pytest.mark.parametrize("name", ["minute_of_day", "weekday", "month"])
def test_training_and_serving_see_the_same_features(taxi_candidate: Candidate, name: str) -> None:
    rows, spec = taxi_candidate.splits.test.head(200), taxi_candidate.model.spec
    request = columns_of(spec, rows)
    request["pickup_datetime"] = [moment.isoformat() for moment in request["pickup_datetime"]]

    served = compute(spec, request)[name][:, 0]

    assert served.tolist() == feature_frame(spec, rows)[name].tolist()
