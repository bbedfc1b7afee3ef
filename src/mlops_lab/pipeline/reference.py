"""The reference that a window is compared with, read from a bundle's profile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import Feature, FeatureSpec

SCORE = "score"


@dataclass(frozen=True)
class NumberReference:
    """A number: rows by bin; k inner edges make k + 1 bins, each closed above."""

    rows: int
    missing: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class CategoryReference:
    """A category: rows by value."""

    rows: int
    missing: int
    counts: Mapping[str, int]

    @property
    def singletons(self) -> int:
        """Values that one row holds: their share is what unseen ones are expected to have (Good and Turing, 1953)."""
        return sum(count == 1 for count in self.counts.values())


AnyReference: TypeAlias = NumberReference | CategoryReference


@dataclass(frozen=True)
class Losses:
    """The metric on the held-out rows: mean and standard deviation of the loss of a row."""

    metric: str
    rows: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Reference:
    """What a model's features, score and losses were when it was trained."""

    version: str
    features: tuple[Feature, ...]
    described: Mapping[str, AnyReference]  # by feature
    score: NumberReference
    losses: Losses | None  # None: the bundle is of before profiles held them

    @property
    def known_losses(self) -> Losses:
        """The losses.

        Raises:
            LabError: The bundle is of before profiles held them.
        """
        if self.losses is None:
            raise LabError(
                f"The reference profile of version {self.version} has no losses to compare labels with, because it was "
                "published before profiles had them; `make retrain` publishes one that has."
            )
        return self.losses


def read_reference(version: str, spec: FeatureSpec, profile: Mapping[str, Any]) -> Reference:
    """Read a bundle's profile.

    Args:
        version: Of the model, for messages.
        spec: The model's features.
        profile: What `reference_profile` wrote.

    Raises:
        LabError: The profile lacks a feature, or is no profile.
    """
    try:
        described = {each.name: _READ[each.kind](profile["features"][each.name]) for each in spec.features}
        losses = Losses(**profile["performance"]) if "performance" in profile else None
        return Reference(version, spec.features, described, _number(profile[SCORE]), losses)
    except (KeyError, TypeError) as error:
        raise LabError(
            f"The reference profile of version {version} cannot be read ({error!r}); `make retrain` publishes another."
        ) from error


def _number(values: Mapping[str, Any]) -> NumberReference:
    return NumberReference(values["rows"], values["missing"], tuple(values["edges"]), tuple(values["counts"]))


def _category(values: Mapping[str, Any]) -> CategoryReference:
    return CategoryReference(values["rows"], values["missing"], dict(values["counts"]))


_READ: Mapping[str, Callable[[Mapping[str, Any]], AnyReference]] = {"number": _number, "category": _category}
