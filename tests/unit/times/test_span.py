"""What spans of work come to, and what the end waited for."""

from mlops_lab.times.show import WIDTH, bar
from mlops_lab.times.span import Span, account, critical

CLOUD = Span("cloud", "start", 0, 2)
BUILD = Span("image", "build", 2, 50)
APPLY = Span("terraform", "apply", 2, 90)
TRAIN = Span("training", "train", 2, 12)
DEPLOY = Span("deploy", "version 1", 90.2, 100)
DEMO = [CLOUD, BUILD, APPLY, TRAIN, DEPLOY]


def test_the_end_waited_for_what_ended_last_before_each_began():
    assert critical(DEMO) == (CLOUD, APPLY, DEPLOY)


def test_what_ended_while_another_ran_is_not_waited_for():
    assert BUILD not in critical(DEMO)
    assert critical([TRAIN]) == (TRAIN,)


def test_a_span_that_begins_with_another_is_not_what_it_waited_for():
    instant = Span("deploy", "nothing to do", 2, 2.1)

    assert critical([instant, APPLY]) == (APPLY,)


def test_the_work_of_spans_beside_each_other_exceeds_the_time():
    told = account(DEMO)

    assert told.seconds == 100
    assert told.work == 2 + 48 + 88 + 10 + 9.8
    assert round(told.at_once, 2) == 1.58


def test_time_with_one_span_or_none_counts_as_alone():
    assert account(DEMO).alone == 2 + (90 - 50) + 0.2 + 9.8


def test_spans_of_no_length_are_no_division_by_zero():
    assert account([Span("cloud", "up already", 3, 3)]).at_once == 0


def test_a_bar_lies_where_the_span_did_and_is_seen_however_short():
    assert bar(APPLY, 0, 100).strip(" ") == "█" * round(0.88 * WIDTH)
    assert bar(Span("deploy", "now", 100, 100), 0, 100) == " " * (WIDTH - 1) + "█"
