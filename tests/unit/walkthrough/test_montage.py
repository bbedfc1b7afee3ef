from mlops_lab.walkthrough.montage import RATE, schedule


def test_stills_and_captions_change_independently() -> None:
    plan = schedule([1.0, 3.0], [2.0, 2.0], 4.0)

    assert plan == [(0, 0, RATE), (1, 0, RATE), (1, 1, 2 * RATE)]


def test_a_scene_has_all_its_frames_whatever_its_stills_sum_up_to() -> None:
    short, long = schedule([0.5], [4.0], 4.0), schedule([1.0, 9.0], [4.0], 4.0)

    assert sum(count for *_, count in short) == sum(count for *_, count in long) == 4 * RATE


def test_a_still_that_is_shorter_than_a_frame_is_passed_over() -> None:
    plan = schedule([1.0, 0.001, 1.0], [2.0], 2.0)

    assert [still for still, _, _ in plan] == [0, 2]
