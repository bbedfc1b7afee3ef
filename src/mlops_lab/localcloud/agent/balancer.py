"""Makes load balancers real: reads ELBv2's listeners, rules and targets, and has Caddy serve them on loopback."""

import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent.balancing import Listener, TargetGroup, back, front
from mlops_lab.localcloud.agent.caddy import Caddy, Servers
from mlops_lab.localcloud.agent.health import HealthTable
from mlops_lab.localcloud.agent.observation import Json

log = logging.getLogger(__name__)


class Proxies:
    """The two Caddy processes of a load balancer, and the folder of the sockets between them."""

    def __init__(self, state: Path, sockets: Path):
        self.sockets = sockets
        self.front = Caddy("front", state, sockets)
        self.back = Caddy("back", state, sockets)

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the processes that run, the front first."""
        return tuple(pid for pid in (self.front.pid, self.back.pid) if pid is not None)

    def apply(self, front: Servers, back: Servers) -> bool:
        """Bring both in line, the back first: the front must find its sockets; return whether that took effort."""
        changes = [self.back.apply(back), self.front.apply(front)]
        return any(changes)

    def stop(self) -> None:
        """End both, the front first, and remove their sockets."""
        self.front.stop()
        self.back.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)


class Balancer:
    """Keeps the proxies equal to what ELBv2 describes."""

    def __init__(self, elbv2: Any, proxies: Proxies, health: HealthTable, ports: Mapping[int, int]):
        self._elbv2 = elbv2
        self._proxies = proxies
        self._health = health
        self._ports = ports  # a listener's port -> its port on loopback
        self._said: set[str] = set()

    def target_groups(self) -> list[Json]:
        """All target groups, as DescribeTargetGroups returns them."""
        return [each for page in self._pages("describe_target_groups") for each in page["TargetGroups"]]

    def step(self, registered: Mapping[str, Iterable[tuple[str, int]]]) -> bool:
        """Bring the proxies in line with the rules and the registered targets; return whether that changed anything."""
        described = {arn: self._group(arn, targets) for arn, targets in registered.items()}
        sockets = str(self._proxies.sockets)
        servers, left_out = front(self._listeners(), described, sockets)
        self._say(left_out)
        return self._proxies.apply(servers, back(described, sockets))

    def _listeners(self) -> list[Listener]:
        listeners: dict[int, Listener] = {}
        for page in self._pages("describe_load_balancers"):
            for balancer in page["LoadBalancers"]:
                for listener in self._elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
                    "Listeners"
                ]:
                    self._place(listeners, balancer, listener)
        return list(listeners.values())

    def _place(self, listeners: dict[int, Listener], balancer: Json, listener: Json) -> None:
        name = f"{balancer['LoadBalancerName']}-{listener['Port']}"
        port = self._ports.get(listener["Port"])
        if port is None or listener["Protocol"] != "HTTP":
            self._say([f"listener {name} ({listener['Protocol']}) has no port here; mapped are {dict(self._ports)}"])
        elif port in listeners:
            self._say([f"listener {name} is left out: {listeners[port].name} has port {port} already"])
        else:
            dimension = balancer["LoadBalancerArn"].partition("loadbalancer/")[2]
            listeners[port] = Listener(name, port, self._rules(listener["ListenerArn"]), dimension)

    def _rules(self, listener: str) -> tuple[Json, ...]:
        rules = self._elbv2.describe_rules(ListenerArn=listener)["Rules"]
        return tuple(sorted(rules, key=lambda rule: (rule["IsDefault"], int(rule["Priority"].replace("default", "0")))))

    def _group(self, arn: str, targets: Iterable[tuple[str, int]]) -> TargetGroup:
        healthy = [
            f"{target}:{port}"
            for target, port in sorted(targets)
            if (health := self._health.of(arn, target, port)) and health.state == "healthy"
        ]
        return TargetGroup(arn, tuple(healthy))

    def _pages(self, operation: str) -> Iterable[Json]:
        pages: Iterable[Json] = self._elbv2.get_paginator(operation).paginate()
        return pages

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            if line not in self._said:
                self._said.add(line)
                log.warning("%s", line)
