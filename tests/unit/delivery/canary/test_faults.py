import pytest

from mlops_lab.delivery.canary.faults import ACTS, FAULTS, SPOILS, change, program
from mlops_lab.delivery.deploy import Release, released
from mlops_lab.errors import LabError

RELEASED = {
    "family": "mlops-lab-income-canary",
    "containerDefinitions": [
        {"name": "api", "image": "i@sha256:1", "environment": [{"name": "BUNDLE_SHA256", "value": "a" * 64}]}
    ],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_the_container_and_neither_its_image_nor_what_it_was_given(fault: str):
    before = repr(RELEASED)

    found = change(fault)(RELEASED)

    assert found != RELEASED
    assert found["containerDefinitions"][0]["image"] == "i@sha256:1"
    assert repr(RELEASED) == before


def test_no_fault_changes_nothing():
    assert change("")(RELEASED) == RELEASED


@pytest.mark.parametrize("fault", FAULTS)
def test_the_release_after_a_bad_canary_is_sound_again(fault: str):
    release = Release("i@sha256:2", "s3://b/2/", "b" * 64, "2")
    bad = change(fault)(released(RELEASED, release))

    assert change("")(released(bad, release)) == released(RELEASED, release)


def test_a_fault_nobody_knows_is_refused_with_those_there_are():
    with pytest.raises(LabError, match="FAULT is 'rust'; use one of crash, hash, errors, slow, leak, scores"):
        change("rust")


@pytest.mark.parametrize("fault", [*ACTS, *SPOILS])
def test_the_faulty_program_is_one_that_python_takes(fault: str):
    compile(program(fault), "fault", "exec")
