import pandas as pd
import pytest

from mlops_lab.pipeline.bill import Bill, Line
from mlops_lab.pipeline.prices import US_EAST_1
from mlops_lab.reporting import findings


def bill(balancer: float, tasks: float, gigabytes: float = 0) -> Bill:
    """A bill of so many hours of balancer and so many vCPU-hours, and of gigabytes out."""
    return Bill(
        (
            Line("balancer", "Load balancer", 1, balancer, US_EAST_1.balancer, ""),
            Line("tasks", "Tasks", 1, tasks, US_EAST_1.cpu, ""),
            Line("network", "Data to the internet", 1, gigabytes, US_EAST_1.internet_data, ""),
        )
    )


def test_the_bill_is_told_with_its_largest_line_and_shares() -> None:
    told = findings.bill(bill(1000, 0, 250), US_EAST_1, "us-east-1")

    assert "about **45.00 USD** at the list prices of us-east-1 of November 2026." in told
    assert "largest line is “load balancer” with 22.50 USD" in told
    assert "lines together are 50%, the tasks 0%" in told
    assert "not with time, is 22.50 USD" in told


def test_prices_of_another_region_are_not_passed_off_as_the_labs() -> None:
    assert "(the lab is in eu-west-1, whose prices differ)" in findings.bill(bill(1, 1), US_EAST_1, "eu-west-1")


def test_layouts_are_compared_with_the_cheapest() -> None:
    told = findings.layouts({"nat": bill(2000, 0), "public": bill(1000, 0)}, applied="nat")

    assert told == "`public` is the cheapest layout; `nat` costs 22.50 USD more a month. Applied is `nat`."


@pytest.mark.parametrize(
    ("limit", "budget", "words"),
    [
        (
            30,
            50,
            "**Within the limit:** 22.50 of 30 USD a month. The budget of 50 USD stays silent; 27.50 USD are left",
        ),
        (20, 50, "**Beyond the limit:** 22.50 of 20 USD a month."),
        (30, 10, "The budget of 10 USD will send its forecast notice: raise it, or run less."),
    ],
)
def test_the_decision_follows_limit_and_budget(limit: float, budget: float, words: str) -> None:
    assert words in findings.decision(bill(1000, 0), limit, budget)


@pytest.mark.parametrize(("counts", "words"), [([3, 1], "`a.tf` (3)"), ([2, 2], "`a.tf` and `b.tf` (2 each)")])
def test_the_fullest_files_are_named(counts: list[int], words: str) -> None:
    told = findings.built(pd.DataFrame({"file": ["a.tf", "b.tf"], "resources": counts}))

    assert f"**{sum(counts)} resources**, declared in 2 files; most are in {words}." in told
