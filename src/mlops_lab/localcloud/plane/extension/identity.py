"""IAM: the policies that AWS manages exist. Moto would load all 1,300 or none; here each is loaded when it is named."""

import json
from functools import cache
from typing import Any

import moto.iam.urls
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, iam_backends

from mlops_lab.localcloud.plane.extension.routes import extend


@cache
def _published() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


class ManagedPolicyBackend(IAMBackend):  # type: ignore[misc]
    """Moto's IAM with AWS's managed policies."""

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        """Return a policy."""
        self._adopt(policy_arn)
        return super().get_policy(policy_arn)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """Attach a policy to a role."""
        self._adopt(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        """Attach a policy to a user."""
        self._adopt(policy_arn)
        super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        """Attach a policy to a group."""
        self._adopt(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def _adopt(self, arn: str) -> None:
        if arn in self.managed_policies or ":iam::aws:policy/" not in arn:
            return
        name = arn.rpartition("/")[2]
        if name in _published():
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _published()[name])
            self.managed_policies[policy.arn] = policy


def install() -> None:
    """Replace moto's backend."""
    extend(iam_backends, ManagedPolicyBackend, moto.iam.urls)
