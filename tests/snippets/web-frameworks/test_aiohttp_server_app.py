"""The application opens its pool, answers from it, errs in JSON and closes what it opened."""

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType

import psycopg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

type Use = Callable[[TestClient[web.Request, web.Application]], Awaitable[None]]


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


def run(app: web.Application, use: Use) -> None:
    """Serve the application for as long as `use` takes."""

    async def serve() -> None:
        async with TestClient(TestServer(app)) as client:
            await use(client)

    asyncio.run(serve())


def test_book_is_read(snippet: ModuleType, postgresql_url: str) -> None:
    async def use(client: TestClient[web.Request, web.Application]) -> None:
        async with await psycopg.AsyncConnection.connect(postgresql_url) as connection:
            await connection.execute("INSERT INTO books (title) VALUES ('Dune')")
        answer = await client.get("/books/1")
        assert (answer.status, await answer.json()) == (200, {"id": 1, "title": "Dune"})

    run(snippet.create_app(), use)


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        pytest.param("GET", "/books/7", 404, "No such book", id="unknown-book"),
        pytest.param("GET", f"/books/{'9' * 18}", 404, "No such book", id="great-number"),
        pytest.param("GET", f"/books/{'9' * 5000}", 404, "Not Found", id="greater-number"),
        pytest.param("GET", "/books/seven", 404, "Not Found", id="unknown-path"),
        pytest.param("PUT", "/books/7", 405, "Method Not Allowed", id="wrong-method"),
    ],
)
def test_error_is_json(
    snippet: ModuleType, method: str, path: str, status: int, detail: str
) -> None:
    async def use(client: TestClient[web.Request, web.Application]) -> None:
        answer = await client.request(method, path)
        assert (answer.status, answer.content_type) == (status, "application/json")
        assert await answer.json() == {"detail": detail}
        if status == 405:
            assert "GET" in answer.headers["Allow"]

    run(snippet.create_app(), use)


def test_redirect_is_left_alone(snippet: ModuleType) -> None:
    async def moved(_request: web.Request) -> web.Response:
        raise web.HTTPFound(location="/books/1")

    async def use(client: TestClient[web.Request, web.Application]) -> None:
        answer = await client.get("/old", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, "/books/1")
        assert answer.content_type == "text/plain"

    app = snippet.create_app()
    app.router.add_get("/old", moved)
    run(app, use)


def test_pool_is_closed_at_the_end(snippet: ModuleType) -> None:
    async def use(client: TestClient[web.Request, web.Application]) -> None:
        assert not app[snippet.POOL].closed
        await client.get("/books/1")

    app = snippet.create_app()
    run(app, use)
    assert app[snippet.POOL].closed
