import json

import pytest

from mlops_lab.cloud.notices import Notice, parsed, subscribed
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

ALARM = {"AlarmName": "cpu", "OldStateValue": "OK", "NewStateValue": "ALARM", "NewStateReason": "too much"}


def test_an_alarm_s_notice_tells_the_change_and_its_reason() -> None:
    envelope = {"Type": "Notification", "Subject": "ALARM: cpu", "Message": json.dumps(ALARM)}

    notice = parsed(json.dumps(envelope).encode())

    assert notice is not None
    assert notice.told == "cpu: OK -> ALARM: too much"


def test_any_other_notice_tells_its_subject() -> None:
    assert Notice("Budget", "80 % are spent").told == "Budget"
    assert Notice("", "plain").told == "plain"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"Subject": "no message"}'])
def test_what_is_no_notice_is_refused(body: bytes) -> None:
    assert parsed(body) is None


def test_where_sns_does_not_reach_this_machine_it_says_what_to_do() -> None:
    with (
        pytest.raises(LabError, match="alert_email"),
        subscribed(Settings(target="aws"), lambda notice: None),
    ):
        pass
