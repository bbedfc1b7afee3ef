"""What the figures of the week-3 notebook say, written from the figures: other numbers make other sentences."""

from collections.abc import Sequence

from mlops_lab.pipeline.challenge import Challenge
from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.pipeline.gate import Verdict
from mlops_lab.pipeline.groups import GroupMetrics
from mlops_lab.projects.project import CostMatrix, Project


def quality(evaluation: Evaluation) -> str:
    """Say how much better than its baselines the model is."""
    constant, logistic = (evaluation.baselines[name]["log_loss"] for name in ("constant", "logistic"))
    mine = evaluation.metrics["log_loss"]
    return (
        f"The model's log-loss is **{mine:.3f}**: {1 - mine / constant:.0%} below a constant's and "
        f"{1 - mine / logistic:.0%} below logistic regression's on the same features. Its scores are off by "
        f"{evaluation.metrics['calibration_error']:.3f} on average."
    )


def decision(evaluation: Evaluation, costs: CostMatrix) -> str:
    """Say what is decided at the threshold, and what it costs."""
    found = evaluation.metrics
    return (
        f"A false alarm costs {costs.false_positive:g}, a missed positive {costs.false_negative:g} {costs.unit}. At "
        f"the threshold of {evaluation.threshold:.2f}, {found['selection_rate']:.0%} of the rows are chosen; of them "
        f"{found['precision']:.0%} are positive, and {found['recall']:.0%} of all positives are found, at "
        f"{found['cost_per_thousand']:.0f} {costs.unit} per 1,000 rows."
    )


def gaps(groups: Sequence[GroupMetrics], evaluation: Evaluation) -> str:
    """Say how far groups are apart in what the model finds of their positives."""
    attributes = sorted({each.attribute for each in groups})
    apart = ", ".join(f"{evaluation.metrics[f'{name}_true_positive_rate_gap']:.0%} by {name}" for name in attributes)
    return (
        f"Of those who are positive the model finds unequal shares in different groups: the gap is {apart}. It does "
        "not see these columns; that it differs all the same shows that leaving a column out is no claim of fairness."
    )


def verdict(project: Project, gates: Verdict, compared: Challenge | None) -> str:
    """Say what the gate decides, and why."""
    checks = "".join(f"\n- {'kept' if check.passed else '**broken**'}: {check}" for check in gates.checks)
    if compared is None:
        return f"There is no champion of `{project.name}` yet, so that the bounds alone decide:\n{checks}"
    word = "better enough" if compared.passed else "**not better enough**"
    return f"The bounds:\n{checks}\n\nAgainst the champion, this model is {word}: {compared}."


def outcome(gates: Verdict, compared: Challenge | None) -> str:
    """Say in one sentence what follows."""
    if gates.failures:
        return "**Refused:** a bound is not kept; nothing is registered."
    if compared is None:
        return "**Accepted:** it becomes the first champion."
    if compared.passed:
        return (
            f"**Accepted** as challenger of version {compared.champion_version}; `make promote` makes it the champion."
        )
    return f"**Refused:** version {compared.champion_version} stays the champion; nothing is registered."
