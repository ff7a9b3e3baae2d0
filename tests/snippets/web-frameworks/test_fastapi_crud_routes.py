"""The routes keep what they answer for: a commit that fails is never announced as a 201."""

import asyncio
from collections.abc import Iterator
from types import ModuleType

import asyncpg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.snippets.loading import snippet_path

BOOK = {"isbn": "9780441172719", "title": "Dune"}
OTHER = {"isbn": "9780261103573", "title": "The Fellowship of the Ring"}
COMMIT_FAILS = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON books DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


def run_sql(url: str, script: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(script)
        await connection.close()

    asyncio.run(run())


def test_book_lives_from_post_to_delete(client: TestClient) -> None:
    created = client.post("/books", json=BOOK)
    assert created.status_code == 201
    book = created.json()
    assert book == {**BOOK, "id": book["id"]}
    address = f"/books/{book['id']}"
    assert client.get(address).json() == book
    changed = client.put(address, json={**BOOK, "title": "Dune Messiah"})
    assert (changed.status_code, changed.json()["title"]) == (200, "Dune Messiah")
    assert client.get("/books").json() == [{**book, "title": "Dune Messiah"}]
    assert client.get("/books", params={"after": book["id"]}).json() == []
    assert client.delete(address).status_code == 204
    assert client.get("/books").json() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_unknown_book_is_404(client: TestClient, method: str) -> None:
    answer = client.request(method, "/books/1", json=OTHER if method == "PUT" else None)
    assert (answer.status_code, answer.json()) == (404, {"detail": "No such book"})


def test_second_book_of_an_isbn_is_409_and_not_stored(client: TestClient) -> None:
    client.post("/books", json=BOOK)
    refused = client.post("/books", json={**BOOK, "title": "Copy"})
    assert (refused.status_code, refused.json()["detail"]) == (409, "A book with this ISBN exists")
    assert [book["title"] for book in client.get("/books").json()] == ["Dune"]


def test_change_to_a_taken_isbn_is_409_and_not_stored(client: TestClient) -> None:
    client.post("/books", json=BOOK)
    other = client.post("/books", json=OTHER).json()
    refused = client.put(f"/books/{other['id']}", json={**OTHER, "isbn": BOOK["isbn"]})
    assert refused.status_code == 409
    assert client.get(f"/books/{other['id']}").json() == other


def test_wrong_isbn_is_422(client: TestClient) -> None:
    refused = client.post("/books", json={**BOOK, "isbn": "123"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "isbn"]


def test_number_that_no_column_holds_is_422(client: TestClient) -> None:
    assert client.get(f"/books/{2**31 - 1}").status_code == 404
    assert client.get(f"/books/{2**31}").status_code == 422
    assert client.get("/books/-1").status_code == 422
    assert client.get("/books", params={"after": 2**31}).status_code == 422


def test_shutdown_closes_the_connections(snippet: ModuleType) -> None:
    with TestClient(snippet.app) as client:
        client.get("/books")
        assert snippet.engine.pool.checkedin() == 1
    assert snippet.engine.pool.checkedin() == 0


def test_failing_commit_is_an_error_and_stores_nothing(
    client: TestClient, postgresql_url: str
) -> None:
    run_sql(postgresql_url, COMMIT_FAILS)
    assert client.post("/books", json=BOOK).status_code == 500
    assert client.get("/books").json() == []


def test_failing_commit_is_announced_as_201_without_the_scope(
    request: pytest.FixtureRequest, postgresql_url: str
) -> None:
    source = snippet_path(request.path).read_text("utf-8")
    assert source.count(', scope="function"') == 1
    names: dict[str, object] = {"__name__": "without_scope"}
    exec(source.replace(', scope="function"', ""), names)  # the snippet, one word less
    app = names["app"]
    assert isinstance(app, FastAPI)
    with TestClient(app, raise_server_exceptions=False) as client:
        run_sql(postgresql_url, COMMIT_FAILS)
        assert client.post("/books", json=BOOK).status_code == 201
        assert client.get("/books").json() == []
