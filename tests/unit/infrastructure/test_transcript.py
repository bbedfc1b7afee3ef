import json
from typing import Any

from mlops_lab.infrastructure.transcript import Changes, Transcript


def summary(operation: str, add: int = 0, change: int = 0, remove: int = 0) -> str:
    counts = {"add": add, "change": change, "remove": remove, "operation": operation}
    return json.dumps({"type": "change_summary", "changes": counts})


def complete(address: str, seconds: int = 0, action: str = "create") -> str:
    hook = {"resource": {"addr": address}, "action": action, "elapsed_seconds": seconds}
    return json.dumps({"type": "apply_complete", "hook": hook})


def diagnostic(severity: str, text: str, detail: str = "") -> str:
    return json.dumps({"type": "diagnostic", "diagnostic": {"severity": severity, "summary": text, "detail": detail}})


def told(*lines: str, planned: Changes | None = None) -> tuple[Transcript, list[str]]:
    transcript = Transcript(planned or Changes())
    return transcript, [said for line in lines if (said := transcript.read(line))]


def test_a_plan_is_said_once_with_its_numbers() -> None:
    transcript, said = told(summary("plan", add=3, remove=1))

    assert transcript.changes == Changes(3, 0, 1)
    assert said == ["plan: 3 to add, 0 to change, 1 to destroy"]


def test_a_plan_without_changes_says_so() -> None:
    assert told(summary("plan"))[1] == ["plan: no changes"]


def test_every_tenth_resource_and_the_last_are_said() -> None:
    lines = [complete(f"aws_subnet.this[{number}]") for number in range(23)]

    _, said = told(*lines, planned=Changes(add=23))

    assert [line.split()[0] for line in said] == ["10/23", "20/23", "23/23"]


def test_a_slow_resource_is_said_with_its_seconds() -> None:
    _, said = told(complete("aws_lb.this", 61), planned=Changes(add=40))

    assert said == ["1/40 aws_lb.this created in 61 s"]


def test_reading_a_data_source_is_no_progress() -> None:
    transcript, said = told(complete("data.aws_partition.this", action="read"), planned=Changes(add=1))

    assert (transcript.done, said) == (0, [])


def test_an_error_keeps_its_first_paragraph_in_one_line() -> None:
    transcript, _ = told(diagnostic("error", "creating VPC", "limit\nexceeded\n\nwith aws_vpc.this"))

    assert transcript.errors == ["creating VPC: limit exceeded"]


def test_a_warning_is_no_error() -> None:
    assert told(diagnostic("warning", "Deprecated"))[0].errors == []


def test_a_line_that_is_not_json_is_passed_over() -> None:
    assert told("Terraform has crashed", "[1, 2]", '"text"')[1] == []


def test_planned_actions_are_kept_in_order() -> None:
    def planned(action: str, address: str) -> str:
        event: dict[str, Any] = {"type": "planned_change", "change": {"action": action, "resource": {"addr": address}}}
        return json.dumps(event)

    assert told(planned("create", "a.b"), planned("delete", "c.d"))[0].actions == ["create a.b", "delete c.d"]
