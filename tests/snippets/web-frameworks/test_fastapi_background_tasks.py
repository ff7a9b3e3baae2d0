"""The answer does not wait for the task, which sees what was committed and fails alone."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import psycopg
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from psycopg import sql

from tests.snippets.processes import Process, started, until

SCHEMA = """
    CREATE TABLE orders (id serial PRIMARY KEY, product text NOT NULL);
    CREATE TABLE sales (product text PRIMARY KEY, sold int NOT NULL);
"""


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> Iterator[psycopg.Connection]:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(SCHEMA)
        yield connection


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


def rows(database: psycopg.Connection, table: str) -> list[tuple[Any, ...]]:
    query = sql.SQL("SELECT * FROM {} ORDER BY 1").format(sql.Identifier(table))
    return database.execute(query).fetchall()


def order(client: TestClient | httpx2.Client, product: str = "tea") -> httpx2.Response:
    return client.post("/orders", json={"product": product})


@contextmanager
def sales_locked(url: str) -> Iterator[psycopg.Connection]:
    """Let whoever counts a sale wait until the block ends."""
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE sales")
        yield holder


def waits(database: psycopg.Connection) -> bool:
    query = (
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'sales'::regclass)"
    )
    row = database.execute(query).fetchone()
    return row == (True,)


def test_order_is_answered_and_counted(client: TestClient, database: psycopg.Connection) -> None:
    answers = [order(client), order(client, "x"), order(client)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [answer.json() for answer in answers] == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert rows(database, "sales") == [("tea", 2), ("x", 1)]
    assert order(client, "").status_code == 422


def test_connections_are_closed_when_the_service_stops(snippet: ModuleType) -> None:
    with TestClient(snippet.app) as client:
        order(client)
        assert snippet.engine.pool.checkedin() == 1
    assert snippet.engine.pool.checkedin() == 0


def test_failing_task_is_logged_and_harms_nothing(
    client: TestClient, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("DROP TABLE sales")
    assert order(client).json() == {"id": 1}
    assert rows(database, "orders") == [(1, "tea")]
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "Order 1 is not in the chart"
    assert record.exc_info is not None


def test_task_gives_up_in_time(
    client: TestClient,
    snippet: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    postgresql_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(snippet, "SECONDS", 0.1)
    with sales_locked(postgresql_url):
        assert order(client).status_code == 201
    assert "TimeoutError" in caplog.text


@contextmanager
def served(folder: Path) -> Iterator[tuple[Process, httpx2.Client]]:
    with started(["uvicorn", "fastapi_background_tasks:app", "--port", "0"], folder) as process:
        said = process.says("(Press CTRL+C")
        address = said.partition("Uvicorn running on ")[2].split()[0]
        with httpx2.Client(base_url=address, timeout=60) as client:
            yield process, client


def test_answer_comes_before_the_task_and_a_stop_waits_for_it(
    snippet_file: Path, postgresql_url: str, database: psycopg.Connection
) -> None:
    with served(snippet_file.parent) as (server, client):
        with sales_locked(postgresql_url):
            assert order(client).status_code == 201
            until(lambda: waits(database), 30)
            server.process.send_signal(signal.SIGTERM)
            server.says("Waiting for ")
            assert waits(database)
        assert server.process.wait(30) in {0, -signal.SIGTERM}
    assert rows(database, "sales") == [("tea", 1)]


def test_kill_loses_the_task_and_keeps_the_order(
    snippet_file: Path, postgresql_url: str, database: psycopg.Connection
) -> None:
    with served(snippet_file.parent) as (server, client), sales_locked(postgresql_url):
        assert order(client).status_code == 201
        until(lambda: waits(database), 30)
        server.process.kill()
        server.process.wait(30)
    assert rows(database, "orders") == [(1, "tea")]
    assert rows(database, "sales") == []


def without_the_scope(snippet_file: Path) -> dict[str, Any]:
    source = snippet_file.read_text("utf-8")
    assert source.count(', scope="function")') == 1
    names: dict[str, Any] = {"__name__": "without_scope"}
    exec(source.replace(', scope="function")', ")"), names)  # the snippet, one word less
    return names


def test_without_the_scope_the_task_runs_before_the_commit(
    snippet_file: Path, database: psycopg.Connection
) -> None:
    with TestClient(without_the_scope(snippet_file)["app"]) as client:
        assert order(client).status_code == 201
    assert rows(database, "orders") == [(1, "tea")]
    assert rows(database, "sales") == []  # there was no order to count


def test_without_the_scope_a_failing_task_takes_the_order_back(
    snippet_file: Path, database: psycopg.Connection
) -> None:
    names = without_the_scope(snippet_file)

    async def fail(order_id: int) -> None:
        raise RuntimeError

    names["count_sale"] = fail
    with TestClient(names["app"], raise_server_exceptions=False) as client:
        assert order(client).status_code == 201
    assert rows(database, "orders") == []


def test_session_of_the_request_commits_nothing_and_keeps_its_connection(
    snippet: ModuleType, client: TestClient, database: psycopg.Connection
) -> None:
    sessions = []

    async def late(session: Any) -> None:
        sessions.append(session)
        await session.execute(snippet.COUNT, {"id": 1})

    @snippet.app.post("/late")
    async def with_session(session: snippet.SessionDep, tasks: BackgroundTasks) -> None:  # type: ignore[name-defined]
        tasks.add_task(late, session)

    order(client)
    assert snippet.engine.pool.checkedout() == 0
    assert client.post("/late").status_code == 200
    assert snippet.engine.pool.checkedout() == 1
    assert client.portal is not None
    client.portal.call(sessions[0].close)
    assert rows(database, "sales") == [("tea", 1)]


def test_tasks_run_in_order_until_one_fails_and_not_after_a_refusal() -> None:
    app, ran = FastAPI(), []

    async def first(*, fails: bool) -> None:
        ran.append("first")
        if fails:
            raise RuntimeError

    async def add(tasks: BackgroundTasks, *, fails: bool = False) -> None:
        tasks.add_task(first, fails=fails)
        tasks.add_task(ran.append, "second")

    @app.post("/done", dependencies=[Depends(add)])
    async def done() -> None:
        pass

    @app.post("/refused", dependencies=[Depends(add)])
    async def refused() -> None:
        raise HTTPException(409)

    @app.post("/own", dependencies=[Depends(add)])
    async def own() -> JSONResponse:
        own_tasks = BackgroundTasks()
        own_tasks.add_task(ran.append, "own")
        return JSONResponse({}, background=own_tasks)

    with TestClient(app, raise_server_exceptions=False) as client:
        for address, status, expected in (
            ("/done", 200, ["first", "second"]),
            ("/done?fails=true", 200, ["first"]),
            ("/refused", 409, []),
            ("/own", 200, ["own"]),
        ):
            ran.clear()
            assert client.post(address).status_code == status
            assert ran == expected
