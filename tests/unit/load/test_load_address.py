import pytest

from mlops_lab.errors import LabError
from mlops_lab.load.address import require_own

BALANCER = "http://mlops-lab-1.us-east-1.elb.amazonaws.com"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/income/predict", "http://localhost:1/", "http://[::1]:8080/", f"{BALANCER}/x"]
)
def test_this_machine_and_the_lab_s_balancer_are_allowed(url: str):
    require_own(url, BALANCER)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1.example.com/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://mlops-lab-1.us-east-1.elb.amazonaws.com.example.com/",
        "ftp://127.0.0.1/",
        "127.0.0.1:8080",
        "",
    ],
)
def test_any_other_address_is_refused(url: str):
    with pytest.raises(LabError, match="not the lab's"):
        require_own(url, BALANCER)


def test_without_a_balancer_only_this_machine_is_allowed():
    with pytest.raises(LabError, match=r"use an http address of 127\.0\.0\.1\."):
        require_own(BALANCER, None)
