from sklearn.model_selection import TimeSeriesSplit

from mlops_lab.candidate import Candidate
from mlops_lab.data.dataset import RawData
from mlops_lab.pipeline.search import in_folds, search
from mlops_lab.projects.project import Project


def test_later_trips_judge_what_was_learnt_from_earlier_ones(taxi_candidate: Candidate) -> None:
    shuffled = taxi_candidate.splits.train.sample(2_000, random_state=0)

    rows, folds = in_folds(taxi_candidate.project, shuffled)

    assert isinstance(folds, TimeSeriesSplit)
    times = rows["pickup_datetime"]
    for earlier, later in folds.split(rows):
        assert times.iloc[earlier].max() <= times.iloc[later].min()


def test_rows_without_time_stay_as_they_are(income: Project, raw: RawData) -> None:
    rows, folds = in_folds(income, raw.frame)

    assert rows is raw.frame
    assert folds == 3


def test_a_search_gives_a_regression_that_was_the_best_tried(taxi_candidate: Candidate) -> None:
    rows = taxi_candidate.splits.train.head(1_000)

    found = search(taxi_candidate.project, rows, seed=0, candidates=2)

    assert [trial.loss for trial in found.trials] == sorted(trial.loss for trial in found.trials)
    assert 1 < found.trials[0].loss < 15
    assert len(found.model.score(rows)) == 1_000
