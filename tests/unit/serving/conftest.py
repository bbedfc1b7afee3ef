import httpx
import pytest
from fastapi import FastAPI

from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.app import create_app
from mlops_lab.serving.model import Model

KEY = "a key"


@pytest.fixture
def app(bundle: Bundle) -> FastAPI:
    return create_app(Model(bundle), [KEY])


@pytest.fixture
def api(app: FastAPI) -> httpx.AsyncClient:
    """A client in the same process, with the key."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://task", headers={"x-api-key": KEY})
