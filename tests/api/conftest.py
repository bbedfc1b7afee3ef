"""The service that is tested: any base URL, or the live API of the lab that is up."""

import os

import pytest

from mlops_lab.cloud import api
from mlops_lab.outcomes.interview import Interview
from mlops_lab.settings import read_settings


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("service")
    group.addoption("--url", help="base URL that ends in the project's name (default: of the lab that is up)")
    group.addoption("--project", default="income", help="whose live API, without --url (default: income)")


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest) -> str:
    given = request.config.getoption("url")
    return str(given or f"{api.base_url(read_settings())}/{request.config.getoption('project')}").rstrip("/")


@pytest.fixture(scope="session")
def key(request: pytest.FixtureRequest) -> str:
    """KEY of the environment, for a command line is no place for it; the lab's own without --url."""
    if "KEY" in os.environ or request.config.getoption("url"):
        return os.environ.get("KEY", "")
    return api.api_key(read_settings())


@pytest.fixture(scope="session")
def service(url: str, key: str) -> Interview:
    return Interview.begin(url, key)
