import re

import pytest

from mlops_lab.localcloud.agent.balancing import Listener, TargetGroup, back, front, reduced

STABLE = TargetGroup("arn:aws:elasticloadbalancing:x:1:targetgroup/stable/aa", ("127.0.0.1:7001", "127.0.0.1:7002"))
CANARY = TargetGroup("arn:aws:elasticloadbalancing:x:1:targetgroup/canary/bb", ("127.0.0.1:7003",))
EMPTY = TargetGroup("arn:aws:elasticloadbalancing:x:1:targetgroup/empty/cc", ())
GROUPS = {group.arn: group for group in (STABLE, CANARY, EMPTY)}


def forward(*weights: tuple[TargetGroup, int]) -> dict:
    groups = [{"TargetGroupArn": group.arn, "Weight": weight} for group, weight in weights]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def rule(action: dict, **condition: object) -> dict:
    return {"RuleArn": "arn:rule", "Conditions": [condition] if condition else [], "Actions": [action]}


def servers(*rules: dict) -> tuple[dict, list[str]]:
    listeners, left_out = front([Listener("lb-80", 8080, tuple(rules), "app/lb/dd")], GROUPS, "/run/s")
    return {**listeners, **back(GROUPS, "/run/s")}, left_out


def first_handler(server: dict) -> dict:
    """The one that answers; those before it only note something for the access log."""
    return server["routes"][0]["handle"][-1]


def noted(server: dict) -> list[dict]:
    return server["routes"][0]["handle"][:-1]


def test_everything_listens_on_loopback_or_on_a_socket():
    config, _ = servers(rule(forward((STABLE, 1))))

    assert {address for server in config.values() for address in server["listen"]} == {
        "127.0.0.1:8080",
        "unix//run/s/aa.sock",
        "unix//run/s/bb.sock",
        "unix//run/s/cc.sock",
    }


def test_a_target_group_has_a_server_with_its_healthy_targets():
    config, _ = servers(rule(forward((STABLE, 1))))

    assert [each["dial"] for each in first_handler(config["tg-stable"])["upstreams"]] == list(STABLE.upstreams)


def test_a_target_group_without_healthy_targets_answers_503():
    config, _ = servers(rule(forward((EMPTY, 1))))

    assert first_handler(config["tg-empty"])["status_code"] == 503


def test_weights_are_reduced_by_their_greatest_common_divisor():
    config, _ = servers(rule(forward((STABLE, 95), (CANARY, 5))))

    policy = first_handler(config["lb-80"])["load_balancing"]["selection_policy"]
    assert policy == {"policy": "weighted_round_robin", "weights": [19, 1]}


def test_a_group_of_weight_zero_gets_nothing():
    config, _ = servers(rule(forward((STABLE, 100), (CANARY, 0))))

    assert [each["dial"] for each in first_handler(config["lb-80"])["upstreams"]] == ["unix//run/s/aa.sock"]


def test_only_zero_weights_answer_503():
    config, _ = servers(rule(forward((STABLE, 0), (CANARY, 0))))

    assert first_handler(config["lb-80"])["status_code"] == 503


@pytest.mark.parametrize(
    ("path", "matches"),
    [("/income/predict", True), ("/income/", True), ("/Income/predict", False), ("/x/income/", False)],
)
def test_a_path_pattern_matches_as_on_alb(path: str, matches: bool):
    config, _ = servers(rule(forward((STABLE, 1)), Field="path-pattern", Values=["/income/*"]))

    pattern = config["lb-80"]["routes"][0]["match"][0]["path_regexp"]["pattern"]
    assert bool(re.search(pattern, path)) is matches


def test_a_dot_in_a_path_pattern_is_a_dot():
    config, _ = servers(rule(forward((STABLE, 1)), Field="path-pattern", Values=["/a.b?"]))

    pattern = config["lb-80"]["routes"][0]["match"][0]["path_regexp"]["pattern"]
    assert re.search(pattern, "/a.bc")
    assert not re.search(pattern, "/axbc")


def test_a_fixed_response_is_answered_as_written():
    fixed = {"StatusCode": "404", "ContentType": "application/json", "MessageBody": "{}"}

    config, _ = servers(rule({"Type": "fixed-response", "FixedResponseConfig": fixed}))

    assert first_handler(config["lb-80"]) == {
        "handler": "static_response",
        "status_code": 404,
        "headers": {"Content-Type": ["application/json"]},
        "body": "{}",
    }


def test_a_redirect_to_https_keeps_host_path_and_query():
    redirect = {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }

    config, _ = servers(rule({"Type": "redirect", "RedirectConfig": redirect}))

    location = first_handler(config["lb-80"])["headers"]["Location"][0]
    assert location == "HTTPS://{http.request.host}:443{http.request.uri.path}?{http.request.uri.query}"


def test_what_cannot_be_matched_is_left_out_and_said():
    config, left_out = servers(rule(forward((STABLE, 1)), Field="source-ip", SourceIpConfig={"Values": ["10.0.0.0/8"]}))

    assert config["lb-80"]["routes"] == []
    assert left_out == ["arn:rule: condition source-ip is not one that the embedded balancer can match"]


def test_reduced_weights_keep_their_ratio():
    assert reduced([50, 50]) == [1, 1]
    assert reduced([75, 25]) == [3, 1]
    assert reduced([7]) == [1]


def test_a_target_group_logs_every_request_under_the_name_that_cloudwatch_has_for_it():
    config, _ = servers(rule(forward((STABLE, 1))))

    assert config["tg-stable"]["logs"] == {"default_logger_name": "targetgroup/stable/aa"}
    assert {each["key"] for each in noted(config["tg-stable"])} == {"latency", "retries"}
    assert config["lb-80"]["logs"] == {"default_logger_name": "app/lb/dd"}


def test_the_front_leaves_a_forwarded_request_to_the_log_of_its_target_group_unless_it_fails_to_forward_it():
    config, _ = servers(rule(forward((STABLE, 1))))

    assert noted(config["lb-80"]) == [{"handler": "vars", "log_skip": True}]
    assert config["lb-80"]["errors"]["routes"][0]["handle"] == [{"handler": "vars", "log_skip": False}]


@pytest.mark.parametrize(
    "action",
    [
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}},
        {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Path": "/x"}},
        forward((STABLE, 0)),
    ],
)
def test_the_front_logs_what_it_answers_by_itself(action: dict):
    config, _ = servers(rule(action))

    assert noted(config["lb-80"]) == [{"handler": "log_append", "key": "action", "value": action["Type"]}]


def test_the_front_tries_a_request_of_any_method_again_where_the_back_has_not_handled_it():
    config, _ = servers(rule(forward((STABLE, 1))))

    balancing = first_handler(config["lb-80"])["load_balancing"]
    assert balancing["retry_match"] == [{"protocol": "http"}]
    assert balancing["try_duration"] == "5s"
    assert first_handler(config["lb-80"])["request_buffers"] > 0
