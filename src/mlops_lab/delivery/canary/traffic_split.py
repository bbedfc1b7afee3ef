"""How a project's requests are shared between its stable and canary tasks: the weights of its listener rule."""

from collections.abc import Mapping
from typing import Any

from mlops_lab import catalog
from mlops_lab.errors import LabError

STABLE, CANARY = catalog.TRACKS
WHOLE = 100


class TrafficSplit:
    """The weights of one project's rule, which always sum to 100 over target groups that can answer."""

    def __init__(self, elbv2: Any, project: str):
        """Find the target groups and the rule that forwards to both.

        Raises:
            LabError: There is no such rule.
        """
        self._elbv2 = elbv2
        names = {catalog.service(project, track): track for track in catalog.TRACKS}
        found = elbv2.describe_target_groups(Names=list(names))["TargetGroups"]
        self._groups = {names[each["TargetGroupName"]]: str(each["TargetGroupArn"]) for each in found}
        self.rule = self._found(found[0]["LoadBalancerArns"], project)

    def read(self) -> int:
        """Return the per cent of requests that go to the canary."""
        (rule,) = self._elbv2.describe_rules(RuleArns=[self.rule])["Rules"]
        weights = _weights(rule)
        total = sum(weights.values())
        return round(WHOLE * weights.get(self._groups[CANARY], 0) / total) if total else 0

    def weights(self) -> dict[str, int]:
        """Return the weight of each track's target group, as the rule has it."""
        (rule,) = self._elbv2.describe_rules(RuleArns=[self.rule])["Rules"]
        found = _weights(rule)
        return {track: found.get(arn, 0) for track, arn in self._groups.items()}

    def write(self, percent: int) -> None:
        """Give the canary so many per cent of the requests and stable the rest.

        Raises:
            LabError: A track would get requests and has no healthy target, unless stable gets them all.
        """
        shares = {STABLE: WHOLE - percent, CANARY: percent}
        idle = [track for track, share in shares.items() if percent and share and not self.healthy(track)]
        if idle:
            raise LabError(f"{self._groups[idle[0]]} has no healthy target and would get {shares[idle[0]]} %.")
        self._elbv2.modify_rule(RuleArn=self.rule, Actions=self.actions(percent))

    def actions(self, percent: int) -> list[dict[str, Any]]:
        """Return the rule's action under which the canary gets so many per cent, as ModifyRule takes it."""
        shares = {STABLE: WHOLE - percent, CANARY: percent}
        groups = [{"TargetGroupArn": self._groups[track], "Weight": share} for track, share in shares.items()]
        sticky = {"Enabled": False, "DurationSeconds": 3600}
        forward = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
        return [{"Type": "forward", "Order": 1, "ForwardConfig": forward}]

    def healthy(self, track: str) -> int:
        """Return how many targets of a track are healthy."""
        return sum(state == "healthy" for state in self.targets(track).values())

    def targets(self, track: str) -> dict[str, str]:
        """Return the state of each target of a track, by its address and port."""
        found = self._elbv2.describe_target_health(TargetGroupArn=self._groups[track])["TargetHealthDescriptions"]
        return {f"{each['Target']['Id']}:{each['Target']['Port']}": each["TargetHealth"]["State"] for each in found}

    def _found(self, balancers: list[str], project: str) -> str:
        wanted = set(self._groups.values())
        for balancer in balancers:
            for listener in self._elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
                for rule in self._elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                    if wanted <= _weights(rule).keys():
                        return str(rule["RuleArn"])
        raise LabError(f"No listener rule forwards to both tracks of {project}; run `make apply`.")


def _weights(rule: Mapping[str, Any]) -> dict[str, int]:
    groups = [
        each for action in rule["Actions"] for each in (action.get("ForwardConfig") or {}).get("TargetGroups", [])
    ]
    return {each["TargetGroupArn"]: int(each.get("Weight", 1)) for each in groups}
