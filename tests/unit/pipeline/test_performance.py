"""Losses of labelled rows: as the gate computes them, joined by request and row."""

import ibis
import numpy as np
import pandas as pd
import pytest

from mlops_lab.errors import LabError
from mlops_lab.pipeline import challenge, performance
from mlops_lab.pipeline.performance import measure
from mlops_lab.pipeline.reference import Losses


def table(**columns: object) -> object:
    return ibis.memtable(pd.DataFrame(columns))


@pytest.mark.parametrize("metric", sorted(performance.LOSSES))
def test_the_mean_loss_is_the_gates(metric: str) -> None:
    random = np.random.default_rng(0)
    truth, scores = random.integers(0, 2, 300).astype(float), np.append(random.random(298), [0.0, 1.0])
    keys = {"request_id": [f"r{index // 2}" for index in range(300)], "row": [index % 2 for index in range(300)]}

    found = measure(table(**keys, score=scores), table(**keys, label=truth), Losses(metric, 100, 0.5, 0.1))

    losses = challenge.LOSSES[metric](truth, scores)
    assert (found.rows, found.mean) == (300, pytest.approx(losses.mean()))


def test_every_metric_of_the_gate_has_a_loss_here() -> None:
    assert performance.LOSSES.keys() == challenge.LOSSES.keys()


def test_labels_without_a_row_and_rows_without_a_label_count_for_nothing() -> None:
    log = table(request_id=["a", "a", "b"], row=[0, 1, 0], score=[1.0, 2.0, 3.0])
    labels = table(request_id=["a", "c"], row=[1, 0], label=[2.5, 9.0])

    found = measure(log, labels, Losses("mae", 100, 0.5, 0.1))

    assert found.rows == 1


def test_no_label_at_all_is_no_damage() -> None:
    log = table(request_id=["a"], row=[0], score=[1.0])

    found = measure(log, table(request_id=["z"], row=[0], label=[1.0]), Losses("mae", 100, 0.5, 0.1))

    assert (found.rows, found.damaged) == (0, False)


def test_a_table_without_its_columns_and_an_unknown_metric_are_one_line() -> None:
    log, labels = table(request_id=["a"], row=[0], score=[1.0]), table(request_id=["a"], row=[0], label=[1.0])

    with pytest.raises(LabError, match="The labels have no column label"):
        measure(log, labels.drop("label"), Losses("mae", 1, 1, 1))  # type: ignore[attr-defined]
    with pytest.raises(LabError, match="The metric 'auc' has no loss for each row"):
        measure(log, labels, Losses("auc", 1, 1, 1))


def test_labels_may_name_the_class_whose_probability_the_score_is() -> None:
    log = table(request_id=["a", "b"], row=[0, 0], score=[0.9, 0.2])
    named = table(request_id=["a", "b"], row=[0, 0], label=[">50K", "<=50K"])

    found = measure(log, named, Losses("log_loss", 100, 0.5, 0.1), ">50K")

    assert found.mean == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2)
    with pytest.raises(LabError, match="The labels are text, and the model answers with numbers"):
        measure(log, named, Losses("mae", 100, 0.5, 0.1))
