import json
import logging
import sys

from mlops_lab.serving.log import JsonFormatter


def test_a_record_is_one_line_of_json_with_its_fields_and_its_traceback() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        record = logging.LogRecord("serving", logging.ERROR, __file__, 1, "request failed", None, sys.exc_info())
    record.fields = {"request_id": "abc"}

    line = JsonFormatter().format(record)

    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["level"], fields["event"], fields["request_id"]) == ("error", "request failed", "abc")
    assert "ValueError" in fields["traceback"]
