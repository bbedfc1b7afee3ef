"""What the configuration would hold with another network layout: Terraform's own plan, which changes nothing."""

from collections.abc import Mapping
from typing import Any, Protocol

LAYOUTS = ("public-tasks", "vpc-endpoints", "nat")


class Source(Protocol):
    """What is asked of Terraform."""

    def show_json(self) -> dict[str, Any]:
        """Return the state."""

    def plan_json(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Return a plan with other values of variables."""


def states(terraform: Source) -> dict[str, dict[str, Any]]:
    """Return what each layout holds, as `terraform show -json` writes it: the applied one's state, the others' plans.

    Raises:
        LabError: Nothing is applied, or Terraform failed.
    """
    applied = terraform.show_json()
    layout = applied["values"]["outputs"]["network_layout"]["value"]
    planned = {each: {"network_layout": each} for each in LAYOUTS if each != layout}
    return {each: terraform.plan_json(planned[each]) if each in planned else applied for each in LAYOUTS}
