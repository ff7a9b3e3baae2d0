"""The controller validates what it is sent, gives its status codes and documents them."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from litestar import Litestar
from litestar.testing import TestClient


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient[Litestar]]:
    with TestClient(snippet.create_app()) as client:
        yield client


def test_book_lives_from_post_to_delete(client: TestClient[Litestar]) -> None:
    created = client.post("/books", json={"title": "Dune"})
    assert (created.status_code, created.json()) == (201, {"title": "Dune", "id": 1})
    assert client.get("/books/1").json() == created.json()
    assert client.delete("/books/1").status_code == 204
    assert client.get("/books").json() == []


def test_list_has_a_limit(client: TestClient[Litestar]) -> None:
    for number in range(25):
        client.post("/books", json={"title": f"Volume {number}"})
    assert len(client.get("/books").json()) == 20
    assert len(client.get("/books", params={"limit": 3}).json()) == 3
    statuses = {n: client.get("/books", params={"limit": n}).status_code for n in (0, 1, 100, 101)}
    assert statuses == {0: 400, 1: 200, 100: 200, 101: 400}


def test_longest_and_shortest_titles_are_taken(client: TestClient[Litestar]) -> None:
    for title in ("x", "x" * 200):
        assert client.post("/books", json={"title": title}).status_code == 201


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"title": ""}, id="too-short"),
        pytest.param({"title": "x" * 201}, id="too-long"),
        pytest.param({"title": 7}, id="of-another-type"),
        pytest.param({}, id="missing"),
        pytest.param({"title": "Dune", "id": 9}, id="unknown-field"),
    ],
)
def test_wrong_book_is_refused(client: TestClient[Litestar], fields: dict[str, object]) -> None:
    refused = client.post("/books", json=fields)
    assert refused.status_code == 400
    assert refused.json()["extra"]
    assert client.get("/books").json() == []


def test_second_book_of_a_title_is_409(client: TestClient[Litestar]) -> None:
    client.post("/books", json={"title": "Dune"})
    refused = client.post("/books", json={"title": "Dune"})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "A book with this title exists"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_book_is_404(client: TestClient[Litestar], method: str) -> None:
    refused = client.request(method, "/books/1")
    assert (refused.status_code, refused.json()["detail"]) == (404, "No such book")


def test_routes_are_documented(client: TestClient[Litestar]) -> None:
    paths = client.get("/schema/openapi.json").json()["paths"]
    assert {path: set(methods) for path, methods in paths.items()} == {
        "/books": {"get", "post"},
        "/books/{book_id}": {"get", "delete"},
    }


def test_each_app_has_a_shelf_of_its_own(snippet: ModuleType) -> None:
    with TestClient(snippet.create_app()) as one, TestClient(snippet.create_app()) as other:
        one.post("/books", json={"title": "Dune"})
        assert other.get("/books").json() == []
