import json

from mlops_lab.load.bodies import VARIETY, example_body, varied_bodies


def test_the_example_row_is_one_request(income):
    (body,) = example_body(income)

    assert json.loads(body) == {"instances": [dict(income.example)]}


def test_varied_rows_hold_exactly_the_inputs(income, raw):
    bodies = [json.loads(body) for body in varied_bodies(income, raw.frame)]

    names = {column.name for column in income.inputs}
    assert len(bodies) == VARIETY
    assert all(set(body["instances"][0]) == names for body in bodies)


def test_a_missing_value_is_sent_as_null(income, raw):
    rows = raw.frame[raw.frame["workclass"].isna()].head(5)

    bodies = varied_bodies(income, rows)

    assert [json.loads(body)["instances"][0]["workclass"] for body in bodies] == [None] * 5


def test_the_same_seed_sends_the_same_rows(income, raw):
    assert varied_bodies(income, raw.frame, seed=3) == varied_bodies(income, raw.frame, seed=3)
    assert varied_bodies(income, raw.frame, seed=3) != varied_bodies(income, raw.frame, seed=4)
