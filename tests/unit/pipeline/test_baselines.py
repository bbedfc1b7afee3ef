from dataclasses import replace

import numpy as np
import pandas as pd

from mlops_lab.pipeline import baselines
from mlops_lab.pipeline.error_metrics import skill
from mlops_lab.projects.project import Project, Regression

TRAIN = pd.DataFrame({"zone": [1, 1, 1, 2], "minutes": [1.0, 2.0, 9.0, 20.0]})
TEST = pd.DataFrame({"zone": [1, 2, 3]})


def test_what_is_typical_is_the_median_of_the_rows_that_are_alike_or_of_all(taxi: Project) -> None:
    task = Regression("minutes", typical=("zone",))

    assert baselines.typical(taxi, task, TRAIN, TEST).tolist() == [2.0, 20.0, 5.5]


def test_where_no_column_tells_what_is_alike_the_median_of_all_is_typical(taxi: Project) -> None:
    task = Regression("minutes", typical=())

    found = baselines.typical(replace(taxi, task=task), task, TRAIN, TEST)

    assert np.array_equal(found, [5.5, 5.5, 5.5])


def test_a_baseline_that_never_errs_leaves_nothing_to_save() -> None:
    assert skill(mae=0.0, baseline=0.0) == 0
    assert skill(mae=2.0, baseline=0.0) < 0
    assert skill(mae=1.0, baseline=4.0) == 0.75
