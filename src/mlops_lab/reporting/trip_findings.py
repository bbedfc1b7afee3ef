"""What the figures of the week-4 notebook say, written from the figures: other numbers make other sentences."""

from collections.abc import Sequence

import pandas as pd

from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.reporting.trip_chart import by_zone
from mlops_lab.reporting.trip_errors import SMALLEST, Month


def durations(shown: pd.DataFrame) -> str:
    """Say how long trips take and when they take longest."""
    weekdays = shown[~shown["weekend"]].groupby("hour")["truth"].median()
    quick, slow = (int(weekdays.index.to_numpy()[at]) for at in (weekdays.argmin(), weekdays.argmax()))
    low, middle, high = shown["truth"].quantile([0.25, 0.5, 0.75])
    return (
        f"Half of the trips take {low:.0f} to {high:.0f} minutes, the median is {middle:.1f}. From Monday to Friday "
        f"they are longest at {slow} o'clock (median {weekdays[slow]:.1f}) and shortest at {quick} o'clock "
        f"({weekdays[quick]:.1f}): the hour matters, and so the time of the start is an input."
    )


def quality(evaluation: Evaluation) -> str:
    """Say how much better than its baselines the model is."""
    found = evaluation.metrics
    late = "too short" if found["bias"] < 0 else "too long"
    return (
        f"The mean absolute error is **{found['mae']:.2f} minutes**: {found['skill_over_constant']:.0%} below one "
        f"number for all trips and {found['skill_over_typical']:.0%} below the median of the pair of zones. On "
        f"average its answer is {abs(found['bias']):.2f} minutes {late}; it aims at the median, and trips have a long "
        "tail."
    )


def weak_spots(shown: pd.DataFrame, zone: str) -> str:
    """Say when and where the error is largest, and whether long trips explain it."""
    hours, zones = shown.groupby("hour")["error"].mean(), by_zone(shown, zone)
    worst = zones.iloc[0]
    together = zones["error"].corr(zones["minutes"], method="spearman")
    helped = (shown["simple"] - shown["error"]).groupby(shown["hour"]).mean()
    return (
        f"The error is largest at {hours.idxmax()} o'clock ({hours.max():.1f} minutes) and smallest at "
        f"{hours.idxmin()} o'clock ({hours.min():.1f}); over the pair's median the model gains most at "
        f"{helped.idxmax()} o'clock ({helped.max():.1f}). Zone {zones.index[0]} is hardest ({worst['error']:.1f} "
        f"minutes for trips of {worst['minutes']:.0f}). The rank correlation of a zone's median minutes and its error "
        f"is {together:.2f}: {'long trips are hard trips' if together > 0.5 else 'length alone does not explain it'}."
    )


def to_come(months: Sequence[Month], bound: float) -> str:
    """Say when the error leaves its bound, and where retraining repairs it or does harm."""
    beyond = [each for each in months if each.error > bound]
    worst = max(months, key=lambda each: each.error)
    again = [each for each in months if each.retrained is not None]
    helps = [each.name for each in again if each.retrained is not None and each.retrained < each.error]
    harms = [each.name for each in again if each.name not in helps]
    return (
        f"The error is above {bound:g} minutes in {len(beyond)} of {len(months)} months, most in {worst.name} "
        f"({worst.error:.2f}). A model learnt from the three months before is better in "
        f"{', '.join(helps) or 'none'} and worse in {', '.join(harms) or 'none'}: fewer, fresher rows are no remedy in "
        "themselves, and only a comparison on the same rows tells."
    )


def limits(alike: tuple[int, float, float]) -> str:
    """Say what is left where trips are alike in everything that the model is told of place and hour."""
    rows, distance, error = alike
    return (
        f"Of the held-out trips {rows:,} have at least {SMALLEST - 1} others with the same zones and hour. Told their "
        f"median in hindsight one would still err by {distance:.2f} minutes; the model, told nothing of that month, "
        f"errs by {error:.2f}: {distance / error:.0%} of its error there is beyond what place and hour can tell."
    )
