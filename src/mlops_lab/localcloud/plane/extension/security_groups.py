"""EC2: a security group rule keeps its description, whatever it refers to."""

from typing import Any

import moto.ec2.models.security_groups
from moto.ec2.models.security_groups import SecurityGroupRule


class DescribedRule(SecurityGroupRule):  # type: ignore[misc]
    """A rule for addresses, for another group or for a prefix list."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        prefix_list = named.get("prefix_list_id") or (arguments[7] if len(arguments) > 7 else None)
        self.prefix_list_description: str | None = (prefix_list or {}).get("Description")

    @property
    def description(self) -> str | None:
        """What the rule was created or modified with."""
        given = self.ip_range.get("Description") or self.source_group.get("Description")
        return given or self.prefix_list_description


def install() -> None:
    """Let moto create these rules."""
    moto.ec2.models.security_groups.SecurityGroupRule = DescribedRule
