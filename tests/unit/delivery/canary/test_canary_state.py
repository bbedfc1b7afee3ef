from datetime import timedelta

import pytest
from tests.unit.delivery.canary.world import BEGUN, GOOD, Clock, FakeBucket, World, opened

from mlops_lab.delivery.canary.plan import parse_plan
from mlops_lab.delivery.canary.run import LEASE, await_lease
from mlops_lab.delivery.canary.state import Failures, Look, Loss, LostError, Store, decoded, encoded
from mlops_lab.errors import LabError
from mlops_lab.progress import silent


def store(bucket: FakeBucket, owner: str) -> Store:
    return Store(bucket, "bucket", "income", owner)


def test_of_two_controllers_that_open_a_canary_at_once_one_is_refused():
    bucket, canary = FakeBucket(), opened(World())
    store(bucket, "first").write(canary, BEGUN)

    with pytest.raises(LostError):
        store(bucket, "second").write(canary, BEGUN)


def test_a_controller_that_was_taken_over_cannot_write_any_more():
    bucket, canary = FakeBucket(), opened(World())
    first, second = store(bucket, "first"), store(bucket, "second")
    first.write(canary, BEGUN)
    second.read()
    second.write(canary, BEGUN)

    with pytest.raises(LostError):
        first.write(canary, BEGUN + timedelta(seconds=1))


def test_a_write_whose_answer_was_lost_and_that_is_repeated_is_no_loss():
    bucket, canary = FakeBucket(), opened(World())
    mine = store(bucket, "mine")
    mine.write(canary, BEGUN)
    mine.etag = None  # as if the answer had never come

    again = mine.write(canary, BEGUN)

    assert again.owner == "mine"
    mine.write(again, BEGUN + timedelta(seconds=1))


def test_a_canary_comes_back_from_its_json_as_it_was():
    look = Look("2026-01-01T00:00:00.000Z", 0, 50, (10, 12), GOOD, GOOD, "pass", ("as stable",), {"ratio": 1.5})
    failures = Failures(Loss(100, 3, 60, {50: {"1": 40, "2": 41}}), 3, 0)
    canary = opened(World()).told(BEGUN, "step 1", looks=(look,), failures=failures, weight=50)

    assert decoded(encoded(canary)) == canary


def test_a_dead_controller_s_canary_can_be_had_once_its_lease_is_over():
    world = World()
    mine = store(world.bucket, "first")
    left = mine.write(opened(world), world.now)

    found = await_lease(store(world.bucket, "second"), left, Clock(world), silent)

    assert found == left
    assert (world.now - BEGUN).total_seconds() == LEASE


def test_a_living_controller_s_canary_cannot_be_had():
    world = World()
    mine = store(world.bucket, "first")
    left = mine.write(opened(world), world.now)
    world.on_sleep = lambda world: mine.write(left, world.now) and None

    with pytest.raises(LabError, match="Another command runs the canary of version 2"):
        await_lease(store(world.bucket, "second"), left, Clock(world), silent)


def test_a_plan_rises_and_may_end_with_all_requests():
    assert parse_plan("50") == (50,)
    assert parse_plan("5, 25,50,100") == (5, 25, 50, 100)


@pytest.mark.parametrize("text", ["", "100", "0", "50,25", "50,50", "5,x", "5,150", "-5"])
def test_a_plan_that_compares_with_nothing_or_falls_is_refused(text: str):
    with pytest.raises(LabError, match="PLAN is"):
        parse_plan(text)
