"""What the figures of week 1 say, written from the figures: other numbers make other sentences."""

from collections.abc import Mapping

import pandas as pd

from mlops_lab.pipeline.bill import Bill, Line
from mlops_lab.pipeline.prices import PriceList
from mlops_lab.reporting.architecture import Architecture, Permission


def built(table: pd.DataFrame) -> str:
    """Say how much there is, and in which files most of it is."""
    most = table["resources"].max()
    files = " and ".join(f"`{file}`" for file in table.loc[table["resources"] == most, "file"])
    return (
        f"Terraform keeps **{table['resources'].sum()} resources**, declared in {len(table)} files; "
        f"most are in {files} ({most}{' each' * (' and ' in files)})."
    )


def reach(shape: Architecture) -> str:
    """Say who can call whom, and how tasks reach AWS."""
    balancer = _spoken(shape.allowed(shape.balancer_groups, inward=True))
    tier = "public" if shape.task_subnets & {subnet.id for subnet in shape.subnets if subnet.public} else "private"
    if shape.only_the_balancer_calls_tasks():
        tasks = (
            f"Tasks accept calls from the load balancer's security group and from **nothing else** ({_tasks(shape)})"
        )
    else:
        tasks = f"Tasks accept calls from **{', '.join(sorted(shape.callers())) or 'nobody'}** ({_tasks(shape)})"
    sentences = [
        f"The load balancer stands in {len(shape.balancer_subnets)} public subnets and admits {balancer}.",
        f"{tasks}, although they run in the {tier} subnets." if tier == "public" else f"{tasks}.",
        f"They reach AWS's APIs {_way_out(shape)}, and S3 through its gateway endpoint."
        if _has_storage_endpoint(shape)
        else f"They reach AWS's APIs {_way_out(shape)}.",
    ]
    return " ".join(sentences)


def bill(found: Bill, prices: PriceList, region: str) -> str:
    """Say what a month costs, what makes up most of it, and what tasks are of it."""
    largest = found.largest()
    balancer, tasks = (f"{found.group(name) / found.total:.0%}" for name in ("balancer", "tasks"))
    elsewhere = "" if region == prices.region else f" (the lab is in {region}, whose prices differ)"
    return (
        f"A month costs about **{found.total:.2f} USD** at the list prices of {prices.region} of {prices.recorded}"
        f"{elsewhere}. The largest line is “{_lower(largest.what)}” with {largest.monthly:.2f} USD; the balancer's "
        f"lines together are {balancer}, the tasks {tasks}. What grows with use, and not with time, is "
        f"{_metered(found):.2f} USD."
    )


def layouts(bills: Mapping[str, Bill], applied: str) -> str:
    """Say which network layout is cheapest, and what the others cost more."""
    cheapest, *others = sorted(bills, key=lambda name: bills[name].total)
    more = [f"`{name}` costs {bills[name].total - bills[cheapest].total:.2f} USD more a month" for name in others]
    return f"`{cheapest}` is the cheapest layout; {' and '.join(more)}. Applied is `{applied}`."


def decision(found: Bill, limit: float, budget: float) -> str:
    """Say whether the bill is within the limit that was set, and whether the budget's forecast will send a notice."""
    verdict = "Within" if found.total <= limit else "Beyond"
    left = budget - found.total
    notice = "stays silent" if left >= 0 else "will send its forecast notice: raise it, or run less"
    spare = f"; {left:.2f} USD are left for canaries and scaling" if left >= 0 else ""
    return (
        f"**{verdict} the limit:** {found.total:.2f} of {limit:g} USD a month. "
        f"The budget of {budget:g} USD {notice}{spare}."
    )


def _tasks(shape: Architecture) -> str:
    return _spoken(shape.allowed(shape.task_groups, inward=True)) or "no rule"


def _spoken(permissions: tuple[Permission, ...]) -> str:
    return ", ".join(f"`{each.ports}` from `{each.peer}`" for each in permissions)


def _way_out(shape: Architecture) -> str:
    interfaces = sorted(each.service for each in shape.endpoints if each.subnets)
    if interfaces:
        return f"through interface endpoints ({', '.join(interfaces)}), without a way to the internet"
    if shape.nat_subnets:
        return f"through {len(shape.nat_subnets)} NAT gateway{'s' * (len(shape.nat_subnets) > 1)}"
    return "through the internet gateway with an address of their own, without a NAT gateway"


def _has_storage_endpoint(shape: Architecture) -> bool:
    return any(each.service == "s3" and not each.subnets for each in shape.endpoints)


def _metered(found: Bill) -> float:
    return sum(line.monthly for line in found.lines if _grows_with_use(line))


def _grows_with_use(line: Line) -> bool:
    return line.price.unit in {"GB", "GB-month", "LCU-hour"}


def _lower(text: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
