import json

from mlops_lab.localcloud.agent.traffic import collect, parse

GROUP = "targetgroup/app/01"
BALANCER = "app/lb/02"


def line(second: float = 100.0, status: int = 200, latency: float | None = 1.5, source: str = GROUP, **fields) -> bytes:
    """As Caddy writes it; latency in milliseconds."""
    known = {"ts": second, "logger": f"http.log.access.{source}", "status": status, "latency": latency, "retries": 0}
    return json.dumps(known | fields).encode()


def test_requests_are_counted_by_target_group_and_period():
    counted = collect([line(100), line(109.9), line(110), line(100, source="targetgroup/other/02")], period=10)

    assert {key: traffic.requests for key, traffic in counted.items()} == {
        (100, GROUP): 2,
        (110, GROUP): 1,
        (100, "targetgroup/other/02"): 1,
    }


def test_a_status_of_a_target_and_one_of_the_balancer_are_told_apart():
    (traffic,) = collect([line(status=502), line(status=502, latency=None)], period=10).values()

    assert traffic.by_target == {"5XX": 1}
    assert traffic.by_balancer == {502: 1}
    assert traffic.requests == 2


def test_a_request_for_which_there_was_no_target_is_no_request():
    (traffic,) = collect([line(status=503, latency=None)], period=10).values()

    assert (traffic.requests, traffic.by_balancer) == (0, {503: 1})


def test_response_times_are_seconds_to_three_significant_digits():
    (traffic,) = collect([line(latency=1.23456), line(latency=1.2349), line(latency=2000)], period=10).values()

    assert traffic.latencies == {0.00123: 2, 2.0: 1}


def test_a_request_that_met_a_dead_target_counts_as_one_connection_error():
    (traffic,) = collect([line(retries=3), line()], period=10).values()

    assert traffic.connection_errors == 1


def test_what_the_balancer_answers_by_itself_is_no_request_of_a_target():
    answers = [
        line(status=404, latency=None, source=BALANCER, action="fixed-response"),
        line(source=BALANCER, status=502, latency=None),
    ]

    (traffic,) = collect(answers, period=10).values()

    assert traffic.requests == 0
    assert traffic.by_balancer == {404: 1, 502: 1}
    assert traffic.actions == {"fixed-response": 1}


def test_what_is_no_access_line_is_left_out():
    assert parse(b'{"level":"error","msg":"x"}') is None
    assert parse(b'{"ts": 1, "logger": "http.log.acc') is None
    assert parse(b"[]") is None
    assert parse(line(status=0)) is None
