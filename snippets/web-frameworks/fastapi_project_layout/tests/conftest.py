from collections.abc import Iterator

import pytest
from bookshop.main import app
from fastapi.testclient import TestClient


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:  # runs the lifespan, so BOOKSHOP_DATABASE_URL is needed
        yield client


@pytest.fixture
def author_id(client: TestClient) -> int:
    created: int = client.post("/authors", json={"name": "Frank Herbert"}).json()["id"]
    return created
