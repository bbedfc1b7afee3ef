"""What the week-6 notebook says of canaries, roles and cost follows from the records."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from mlops_lab.delivery.canary.state import Canary, Event, Failures, Look, Loss
from mlops_lab.pipeline.canary import Counts
from mlops_lab.reporting import canary_chart, canary_findings
from mlops_lab.security.review import Review, Reviewed

AT = "2026-11-24T03:00:{:02d}.000Z"


def canary(**changes: Any) -> Canary:
    known: dict[str, Any] = {
        "project": "income",
        "version": "2",
        "stable_version": "1",
        "plan": (50,),
        "seconds": 10.0,
        "who": "me",
        "why": "",
        "fault": "",
        "rehearsal": True,
        "image": "i",
        "bundle_uri": "b",
        "bundle_sha256": "s",
        "stable_definition": "d",
        "opened": AT.format(0),
        "phase": "rolled back",
        "reason": "rehearsal: every step has passed",
        "events": (Event(AT.format(5), "canary has 50 %", 50), Event(AT.format(20), "stable has all requests", 0)),
        "looks": (look(1, 990, 1010),),
        "failures": Failures(Loss(2_050, 3, 1_100, {50: {"1": 990, "2": 1010}}), 3, 0),
    }
    return Canary(**known | changes)


def look(step: int, stable: int, own: int) -> Look:
    counts = Counts(stable, 0, 4, (1,)), Counts(own, 3, 5, (1,))
    return Look(AT.format(10 + step), step, 50, (stable, own), *counts, "go on", (), {"scores more": 0.02})


def test_the_latest_of_each_kind_is_shown_and_the_good_one_first():
    old, new, bad = canary(reason="old"), canary(), canary(fault="errors", rehearsal=False)
    by_hand = canary(rehearsal=False, reason="rolled back by hand")

    assert canary_findings.latest_of_each([bad, old, by_hand, new]) == [new, bad]


def test_the_share_is_told_by_answers_and_by_target_groups_with_the_bound_of_a_fair_coin():
    told = canary_findings.share(canary())

    share = "1,010 of 2,000, 50.50%; a fair coin stays within 50 % ± 3.47%"
    assert told.splitlines() == [
        f"- by the versions that clients were answered by: {share}",
        f"- by the target groups: {share}",
    ]
    assert canary_findings.share(canary(failures=None, looks=())) == "No canary at 50 % has a measured share."


def test_a_row_tells_what_a_canary_cost():
    rows = canary_findings.ends([canary(), canary(fault="crash", failures=None, events=())])

    assert list(rows["canary"]) == ["good", "crash"]
    assert list(rows["seconds to rollback"]) == ["15", ""]
    assert list(rows["failed"]) == ["3", ""]


def test_every_canary_has_a_row_of_the_picture_also_one_without_a_request():
    figure = canary_chart.timelines([canary(), canary(fault="crash", looks=(), events=())])

    assert len(figure.axes) == 8
    assert [axes.get_ylabel() for axes in figure.axes[::4]] == ["good", "crash"]
    assert "no request was judged" in [text.get_text() for text in figure.axes[5].texts]


def review(*grants: Reviewed) -> Review:
    return Review(datetime(2026, 11, 24, tzinfo=UTC), grants, (), ())


def test_unused_grants_are_told_by_their_reason():
    used = Reviewed("task", "s3:GetObject", "b", False, 7, "")
    idle = replace(used, action="s3:PutObject", calls=0, reason="only at the end")
    found = review(used, idle, replace(idle, action="s3:DeleteObject", reason=""))

    assert canary_findings.unused(found).splitlines() == [
        "1 of 3 grants were used, 0 calls were refused.",
        "",
        "- **s3:PutObject** (1): only at the end",
        "- **s3:DeleteObject** (1): no reason is given",
    ]
    assert canary_findings.roles(found).iloc[0].tolist() == ["task", 3, 1, "7", "none"]


def test_what_speaks_against_canaries_is_told_and_nothing_else():
    bill: Any = SimpleNamespace(bill=SimpleNamespace(total=74.0))
    bad = canary(fault="errors", rehearsal=False, reason="5xx differ")

    assert canary_findings.problems([canary(), bad], review(), bill, 150.0) == []

    unnoticed = replace(bad, reason=bad.unnoticed)
    lost = replace(bad, failures=Failures(Loss(100, 60, 50, {}), 60, 0))
    found = replace(review(), findings=("unused: x",))
    assert canary_findings.problems([canary()], review(), bill, 150.0) == ["no bad canary was run"]
    assert canary_findings.problems([unnoticed], review(), bill, 150.0) == [bad.unnoticed]
    assert canary_findings.problems([lost], review(), bill, 150.0) == ["60 requests failed, bound 50"]
    assert canary_findings.problems([replace(bad, phase="promoted")], review(), bill, 150.0) == ["errors was promoted"]
    assert canary_findings.problems([bad], found, bill, 50.0) == [
        "unused: x",
        "the projected bill is 74.00 USD a month, limit 50",
    ]
