from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.delivery.canary.world import FAILING, GOOD, Killed, World, controller, taken_over

from mlops_lab.delivery.canary.state import Canary, LostError, Store
from mlops_lab.errors import LabError

MOST = 60  # acts of a canary, more than there are


def driven(world: World) -> Canary:
    return controller(world).drive()


def kept(world: World) -> list[str]:
    return [key for key in world.bucket.objects if "/records/" in key]


def acts(world: World) -> list[str]:
    return [each for each in world.acts if each not in ("write", "keep")]


def test_a_good_canary_moves_stable_then_weights_then_alias_then_its_own_count():
    world = World()

    done = driven(world)

    assert done.phase == "promoted"
    assert acts(world) == [
        "arm", "release", "weight 5", "weight 50", "promote stable", "weight 0", "champion 2", "stop canary", "disarm",
    ]  # fmt: skip
    assert (world.runs["stable"], world.champion, world.tasks["canary"], world.weight) == ("2", "2", 0, 0)
    assert len(kept(world)) == 1


def test_a_bad_canary_gives_its_weight_back_before_anything_else_and_the_alias_stays():
    world = World(canary_counts=FAILING)

    done = driven(world)

    assert done.phase == "rolled back"
    assert "5xx" in done.reason
    assert acts(world) == ["arm", "release", "weight 5", "weight 0", "weight 0", "stop canary", "disarm"]
    assert (world.runs["stable"], world.champion) == ("1", "1")
    assert done.seconds_to_rollback is not None
    assert done.seconds_to_rollback < 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(MOST))
def test_a_good_canary_killed_at_any_act_is_brought_to_its_end_by_the_next_command(number: int, after: bool):
    world = World(kill_at=number, kill_after=after)
    try:
        driven(world)
    except Killed:
        assert taken_over(world).phase == "promoted"

    assert (world.runs["stable"], world.champion, world.tasks["canary"], world.weight) == ("2", "2", 0, 0)
    assert world.armed is None
    assert len(kept(world)) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(MOST))
def test_a_bad_canary_killed_at_any_act_is_rolled_back_by_the_next_command(number: int, after: bool):
    world = World(canary_counts=FAILING, kill_at=number, kill_after=after)
    try:
        driven(world)
    except Killed:
        taken_over(world)

    assert (world.runs["stable"], world.champion, world.tasks["canary"], world.weight) == ("1", "1", 0, 0)
    assert world.armed is None


@pytest.mark.parametrize("number", range(MOST))
def test_a_canary_killed_at_any_act_can_be_rolled_back_by_hand(number: int):
    world = World(kill_at=number)
    try:
        driven(world)
    except Killed:
        world.kill_at = None
        reverted = controller(world, "second").revert("by hand")
        assert reverted.reason == "by hand"
        assert (world.runs["stable"], world.champion, world.tasks["canary"], world.weight) == ("1", "1", 0, 0)
        assert world.armed is None


def test_the_tests_above_kill_a_canary_at_every_act_it_has():
    good, bad = World(), World(canary_counts=FAILING)

    driven(good)
    driven(bad)

    assert MOST > len(good.acts) > len(bad.acts) > 10


def test_an_alarm_rolls_back_whatever_the_test_says():
    def ring(world: World) -> None:
        world.alarms = ["mlops-lab-income-canary-memory"] if world.weight else []

    done = driven(World(on_sleep=ring))

    assert done.phase == "rolled back"
    assert done.reason == "alarm mlops-lab-income-canary-memory"


def test_an_alarm_of_the_canary_before_is_waited_for():
    def fall_silent(world: World) -> None:
        world.alarms = []

    world = World(alarms=["mlops-lab-income-canary-errors"], on_sleep=fall_silent)

    assert driven(world).phase == "promoted"


def test_a_canary_without_a_healthy_target_gets_no_request():
    world = World(healthy_canary=False)

    done = driven(world)

    assert (done.phase, done.reason) == ("rolled back", "the tasks fail")
    assert set(world.weights) == {0}


def test_a_canary_whose_last_target_fails_is_rolled_back_at_the_next_look():
    def fail(world: World) -> None:
        world.healthy_canary = world.weight == 0

    world = World(on_sleep=fail)
    world.check = lambda: None  # type: ignore[method-assign]  # the balancer cannot know before the controller does

    done = driven(world)

    assert (done.phase, done.reason) == ("rolled back", "canary has no healthy target")
    assert done.seconds_to_rollback == 1.0


def test_weights_that_the_deadline_has_restored_are_not_taken_away_again():
    def expire(world: World) -> None:
        if world.weight == 50:
            world.weight = 0

    world = World(on_sleep=expire)

    done = driven(world)

    assert done.phase == "rolled back"
    assert "the canary has 0 % of the requests, not 50 %" in done.reason
    assert world.weights == [5, 50, 0, 0]


def test_weights_that_the_deadline_restored_after_the_controller_died_stay_restored():
    world = World(plan=(50,))
    world.kill_at = world_acts(world).index("weight 50") + 2
    with pytest.raises(Killed):
        driven(world)
    world.weight = 0

    done = taken_over(world)

    assert done.phase == "rolled back"
    assert world.weights == [50, 0, 0]


def world_acts(world: World) -> list[str]:
    """What a canary does in such a world when nobody kills it."""
    undisturbed = World(plan=world.plan)
    driven(undisturbed)
    return undisturbed.acts


def test_a_canary_past_its_deadline_is_rolled_back_by_whoever_comes_next():
    world = World(kill_at=9)
    with pytest.raises(Killed):
        driven(world)
    world.kill_at, world.now = None, world.now + timedelta(hours=1)

    done = controller(world, "second").drive()

    assert done.phase == "rolled back"
    assert "deadline" in done.reason


def test_a_canary_nobody_sends_requests_to_is_not_judged():
    world = World(slow=None)

    done = driven(world)

    assert done.phase == "rolled back"
    assert "LOAD=25" in done.reason
    assert set(world.weights) == {0}


def test_a_step_that_cannot_be_judged_is_given_up():
    done = driven(World(canary_counts=replace(GOOD, requests=1)))

    assert done.phase == "rolled back"
    assert "undecided after 9 s" in done.reason


def test_with_all_requests_the_canary_is_judged_by_stable_s_step_before():
    world = World(plan=(50, 100))

    done = driven(world)

    assert done.phase == "promoted"
    assert {each.stable for each in done.looks if each.weight == 100} == {GOOD}


def test_a_release_that_stable_does_not_take_is_undone():
    world = World(stable_refuses=True)

    done = driven(world)

    assert (done.phase, done.reason) == ("rolled back", "stable's tasks fail")
    assert (world.runs["stable"], world.champion, world.weight) == ("1", "1", 0)


def test_a_fault_that_nobody_noticed_is_never_promoted():
    world = World()

    done = controller(world, fault="slow").drive()

    assert (done.phase, done.reason) == ("rolled back", "the fault slow was not noticed in 2 steps")
    assert world.runs["stable"] == "1"


def test_a_rehearsal_ends_as_it_began():
    world = World()

    done = controller(world, rehearsal=True).drive()

    assert (done.phase, done.succeeded) == ("rolled back", True)
    assert (world.runs["stable"], world.champion, world.tasks["canary"]) == ("1", "1", 0)


@pytest.mark.parametrize("signal", [KeyboardInterrupt(), SystemExit(143)])
def test_an_interrupted_command_rolls_back_before_it_ends(signal: BaseException):
    def interrupt(world: World) -> None:
        if world.weight == 50:
            world.on_sleep = lambda _: None
            raise signal

    done = driven(World(on_sleep=interrupt))

    assert done.phase == "rolled back"


def test_who_loses_the_canary_gives_stable_all_weight_and_leaves_the_rest_alone():
    def take_over(world: World) -> None:
        if world.weight == 5:
            store = Store(world.bucket, "bucket", "income", "second")
            found = store.read()
            assert found is not None
            store.write(found, world.now)
            world.on_sleep = lambda _: None

    world = World(on_sleep=take_over)

    with pytest.raises(LostError, match="taken the canary"):
        driven(world)
    assert world.weight == 0
    assert (world.tasks["canary"], world.runs["stable"]) == (1, "1")


def test_an_alias_that_cannot_be_moved_leaves_the_promotion_to_the_next_command():
    world = World()
    first = controller(world)
    object.__setattr__(first._parts, "promote", _down)

    with pytest.raises(LabError, match="MLflow"):
        first.drive()

    assert (world.runs["stable"], world.weight, world.champion) == ("2", 0, "1")
    assert controller(world, "second").drive().phase == "promoted"
    assert world.champion == "2"


def _down(canary: Canary) -> None:
    raise LabError("MLflow cannot be used")
