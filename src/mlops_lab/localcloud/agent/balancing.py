"""From listeners, rules and healthy targets to a configuration of Caddy. Pure.

One Caddy server per target group stands behind one per listener, so that its access log carries the target group. The
two kinds live in two processes: targets come and go by reloading the back alone, and a client's connections to the
front, which a reload would close, outlive every change of the targets.

The back logs every request, the front only those that it answers by itself. A line's logger is what CloudWatch has as
the dimension: ``targetgroup/<name>/<id>`` or ``app/<name>/<id>``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from mlops_lab.localcloud.agent.observation import Json

RETRY_SECONDS = 1
BACK_SECONDS = 5  # that a request waits in the front while the back is started again
BUFFERED = 2**20  # bytes of a request that the front keeps for a second attempt
DOWN_SECONDS = 1  # a target that refuses connections is left out for so long; health checks decide for longer


@dataclass(frozen=True)
class TargetGroup:
    """A target group and the targets that take requests."""

    arn: str
    upstreams: tuple[str, ...]  # "127.0.0.1:41234"
    least_outstanding: bool = False

    @property
    def name(self) -> str:
        """Its name, from the ARN ``...:targetgroup/<name>/<id>``."""
        return self.arn.split("/")[1]

    @property
    def dimension(self) -> str:
        """What CloudWatch calls it."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True)
class Listener:
    """An HTTP listener: the port it has here, and its rules by priority, the default last."""

    name: str
    port: int
    rules: tuple[Json, ...]
    balancer: str = ""  # what CloudWatch calls the load balancer: "app/<name>/<id>"


class UnsupportedError(Exception):
    """A rule uses something that this balancer does not do; the message says what."""


def front(listeners: Sequence[Listener], groups: Mapping[str, TargetGroup], sockets: str) -> tuple[Json, list[str]]:
    """Return the servers of the listeners by name, and a line for every rule that was left out.

    Args:
        listeners: What to listen on.
        groups: Target groups by ARN.
        sockets: Folder of the target groups' Unix sockets.
    """
    left_out: list[str] = []
    servers = {}
    for listener in listeners:
        routes = []
        for rule in listener.rules:
            try:
                routes.append(_route(rule, groups, sockets))
            except UnsupportedError as error:
                left_out.append(f"{rule['RuleArn']}: {error}")
        # A request that is forwarded is the back's to log, unless the front fails to forward it.
        unforwarded = {"routes": [{"handle": [{"handler": "vars", "log_skip": False}]}]}
        server = _server(f"127.0.0.1:{listener.port}", routes, listener.balancer)
        servers[listener.name] = server | {"errors": unforwarded}
    return servers, left_out


def back(groups: Mapping[str, TargetGroup], sockets: str) -> Json:
    """Return the servers of the target groups by name, each on a Unix socket in the folder."""
    return {f"tg-{group.name}": _group_server(group, sockets) for group in groups.values()}


def reduced(weights: Sequence[int]) -> list[int]:
    """Divide weights by their greatest common divisor: Caddy serves each upstream's weight in one run."""
    divisor = gcd(*weights) or 1
    return [weight // divisor for weight in weights]


def _server(listen: str, routes: Sequence[Json], logger: str) -> dict[str, Any]:
    return {
        "listen": [listen],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "logs": {"default_logger_name": logger},
        "routes": list(routes),
    }


def _group_server(group: TargetGroup, sockets: str) -> dict[str, Any]:
    if not group.upstreams:
        handler = _text(503, "text/html", "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>")
    else:
        policy = "least_conn" if group.least_outstanding else "round_robin"
        handler = {
            "handler": "reverse_proxy",
            "upstreams": [{"dial": upstream} for upstream in group.upstreams],
            "load_balancing": {
                "selection_policy": {"policy": policy},
                "try_duration": f"{RETRY_SECONDS}s",
                "try_interval": "50ms",
            },
            "health_checks": {"passive": {"fail_duration": f"{DOWN_SECONDS}s", "max_fails": 1}},
        }
    noted = [
        _noted("latency", "{http.reverse_proxy.upstream.latency_ms}"),  # none where no target answered
        _noted("retries", "{http.reverse_proxy.retries}"),
    ]
    return _server(_socket(group, sockets), [{"handle": [*noted, handler]}], group.dimension)


def _route(rule: Json, groups: Mapping[str, TargetGroup], sockets: str) -> dict[str, Any]:
    matcher: dict[str, Any] = {}
    for condition in rule.get("Conditions", []):
        matcher |= _matcher(condition)
    last = max(rule["Actions"], key=lambda action: action.get("Order") or 0)
    handler = _handler(last, groups, sockets)
    forwarded = handler["handler"] == "reverse_proxy"
    logged = {"handler": "vars", "log_skip": True} if forwarded else _noted("action", last["Type"])
    route: dict[str, Any] = {"handle": [logged, handler], "terminal": True}
    return route | ({"match": [matcher]} if matcher else {})


def _matcher(condition: Json) -> dict[str, Any]:
    field = condition["Field"]
    values: Sequence[str] = condition.get("Values") or next(
        (item["Values"] for key, item in condition.items() if key.endswith("Config") and "Values" in item), []
    )
    if field == "path-pattern":
        return {"path_regexp": {"pattern": _any_of(values)}}
    if field == "host-header":
        return {"header_regexp": {"Host": {"pattern": f"(?i){_any_of(values)}"}}}
    if field == "http-header":
        name = condition["HttpHeaderConfig"]["HttpHeaderName"]
        return {"header_regexp": {name: {"pattern": _any_of(values)}}}
    if field == "http-request-method":
        return {"method": list(values)}
    raise UnsupportedError(f"condition {field} is not one that the embedded balancer can match")


def _any_of(patterns: Sequence[str]) -> str:
    """A regular expression for ALB's wildcards: ``*`` any run, ``?`` any one character; case matters."""
    each = [re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in patterns]
    return f"^(?:{'|'.join(each)})$"


def _handler(action: Json, groups: Mapping[str, TargetGroup], sockets: str) -> dict[str, Any]:
    kind = action["Type"]
    if kind == "forward":
        return _forward(action, groups, sockets)
    if kind == "fixed-response":
        fixed = action["FixedResponseConfig"]
        return _text(int(fixed["StatusCode"]), fixed.get("ContentType", "text/plain"), fixed.get("MessageBody", ""))
    if kind == "redirect":
        return _redirect(action["RedirectConfig"])
    raise UnsupportedError(f"action {kind} is not one that the embedded balancer can do")


def _forward(action: Json, groups: Mapping[str, TargetGroup], sockets: str) -> dict[str, Any]:
    forward = (action.get("ForwardConfig") or {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
    weighted = [(groups[each["TargetGroupArn"]], int(each.get("Weight", 1))) for each in forward]
    serving = [(group, weight) for group, weight in weighted if weight > 0]
    if not serving:
        return _text(503, "text/plain", "503 Service Temporarily Unavailable")
    policy: dict[str, Any] = {"policy": "round_robin"}
    if len(serving) > 1:
        policy = {"policy": "weighted_round_robin", "weights": reduced([weight for _, weight in serving])}
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": _socket(group, sockets)} for group, _ in serving],
        # A reload of the back closes a connection that it has accepted and not yet read from, so that the front
        # must try again, whatever the method: such a request was never handled. (One in flight while the back is
        # killed is handled twice at worst.)
        "load_balancing": {
            "selection_policy": policy,
            "try_duration": f"{BACK_SECONDS}s",
            "try_interval": "20ms",
            "retry_match": [{"protocol": "http"}],
        },
        "request_buffers": BUFFERED,
        # A connection for each request: one kept alive could be closed by a reload of the back as it is used.
        "transport": {"protocol": "http", "keep_alive": {"enabled": False}},
    }


def _redirect(redirect: Json) -> dict[str, Any]:
    names = {"protocol": "http.request.scheme", "host": "http.request.host", "port": "http.request.port"}
    target = "#{protocol}://#{host}:#{port}/#{path}?#{query}"
    for key in ("protocol", "host", "port", "query"):
        target = target.replace(f"#{{{key}}}", redirect.get(key.title()) or f"#{{{key}}}")
    target = target.replace("/#{path}", redirect.get("Path") or "/#{path}")
    for key, placeholder in names.items():
        target = target.replace(f"#{{{key}}}", f"{{{placeholder}}}")
    target = target.replace("/#{path}", "{http.request.uri.path}").replace("#{query}", "{http.request.uri.query}")
    code = 301 if redirect["StatusCode"] == "HTTP_301" else 302
    return {"handler": "static_response", "status_code": code, "headers": {"Location": [target]}}


def _noted(key: str, value: str) -> dict[str, Any]:
    """A handler that adds a field to the line of the access log."""
    return {"handler": "log_append", "key": key, "value": value}


def _text(status: int, content_type: str, body: str) -> dict[str, Any]:
    return {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": [content_type]},
        "body": body,
    }


def _socket(group: TargetGroup, sockets: str) -> str:
    return f"unix/{sockets}/{group.arn.rpartition('/')[2]}.sock"
