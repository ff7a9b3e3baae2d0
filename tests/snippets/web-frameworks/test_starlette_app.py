"""The app answers from the pool that its lifespan opened, and errs in JSON."""

from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest
from starlette.testclient import TestClient


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client


def test_books_are_listed_and_read(client: TestClient, postgresql_url: str) -> None:
    assert client.get("/books/").json() == []
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("INSERT INTO books (title) VALUES ('Dune'), ('Solaris')")
    books = client.get("/books/").json()
    assert books == [{"id": 1, "title": "Dune"}, {"id": 2, "title": "Solaris"}]
    assert client.get("/books/2").json() == books[1]


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        pytest.param("GET", "/books/7", 404, "No such book", id="unknown-book"),
        pytest.param("GET", f"/books/{'9' * 30}", 404, "No such book", id="great-number"),
        pytest.param("GET", "/books/seven", 404, "Not Found", id="unknown-path"),
        pytest.param("GET", "/nowhere", 404, "Not Found", id="unknown-mount"),
        pytest.param("PUT", "/books/7", 405, "Method Not Allowed", id="wrong-method"),
    ],
)
def test_error_is_json(
    client: TestClient, method: str, path: str, status: int, detail: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert ("allow" in answer.headers) == (status == 405)


def test_pool_is_closed_at_the_end(snippet: ModuleType) -> None:
    with TestClient(snippet.app) as client:
        pool = client.app_state["pool"]
        assert not pool.closed
    assert pool.closed
