"""Refuses an apply whose projected monthly bill is above what was allowed."""

from collections.abc import Mapping
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.pipeline.cost import monthly_bill
from mlops_lab.pipeline.prices import US_EAST_1
from mlops_lab.pipeline.resources import read


def allow(plan: Mapping[str, Any], limit: float, confirmed: bool) -> str:
    """Return a sentence with the projection of a plan (`terraform show -json`) that may be applied; limit in USD.

    Raises:
        LabError: It is above the limit and nobody has confirmed that; the message has both figures.
    """
    bill = monthly_bill(read(plan))
    largest = bill.largest()
    told = (
        f"projected bill: {bill.total:.2f} USD a month at list prices of {US_EAST_1.recorded} "
        f"(limit: {limit:.2f} USD), most of it {largest.what} ({largest.monthly:.2f} USD)"
    )
    if bill.unknown:
        told += f"; without {', '.join(bill.unknown)}, whose prices are not known here"
    if bill.total > limit and not confirmed:
        raise LabError(
            f"The {told}; nothing was changed. Take a smaller layout, raise COST_LIMIT_USD, or set CONFIRM_COST=1."
        )
    return told
