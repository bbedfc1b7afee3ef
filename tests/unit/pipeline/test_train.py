import numpy as np
import pandas as pd

from mlops_lab.candidate import Candidate
from mlops_lab.data.dataset import RawData
from mlops_lab.pipeline import train
from mlops_lab.projects.project import Project


def test_the_same_rows_and_seed_give_the_same_scores(income: Project, candidate: Candidate) -> None:
    again = train.fit(income, candidate.splits.train, seed=1)

    np.testing.assert_array_equal(again.score(candidate.splits.test), candidate.evaluation.scores)


def test_protected_attributes_do_not_move_a_score(candidate: Candidate) -> None:
    rows = candidate.splits.test
    shuffled = rows.assign(sex="Female", race="Other", native_country="Laos", fnlwgt=1)

    np.testing.assert_array_equal(candidate.model.score(shuffled), candidate.model.score(rows))


def test_unseen_categories_share_a_bucket_apart_from_missing_and_from_every_known_one(candidate: Candidate) -> None:
    row = candidate.splits.test.head(1)
    known = next(f.categories for f in candidate.model.spec.features if f.name == "occupation")

    def encoded(job: str | None) -> tuple[float, ...]:
        features = train.feature_frame(candidate.model.spec, row.assign(occupation=job))
        return tuple(candidate.model.pipeline[:-1].transform(features)[0])

    assert encoded("Poet") == encoded("Monk")
    assert encoded("Poet") not in {encoded(None), *map(encoded, known)}
    assert encoded(None) not in set(map(encoded, known))


def test_the_specification_holds_only_categories_that_were_seen(income: Project, raw: RawData) -> None:
    rows = raw.frame[raw.frame["occupation"].isin(["Sales", "Tech-support"])]

    spec = train.learn_spec(income, rows)

    assert {feature.name: feature.categories for feature in spec.features}["occupation"] == ("Sales", "Tech-support")


def test_labels_are_one_for_the_positive_class(income: Project) -> None:
    assert train.labels(income, pd.DataFrame({"class": [">50K", "<=50K"]})).tolist() == [1, 0]
