"""The pool opens before the first request and closes after the last; without it nothing starts."""

import asyncio
import socket
from types import ModuleType
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg_pool import PoolTimeout

from tests.snippets.loading import snippet_path
from tests.snippets.processes import until

OTHERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


def test_connections_live_as_long_as_the_service(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as watch:
        assert len(watch.execute(OTHERS).fetchall()) == 0
        with TestClient(snippet.app) as client:
            answers = [client.get("/health") for _ in range(10)]
            assert {answer.status_code for answer in answers} == {200}
            assert len(watch.execute(OTHERS).fetchall()) == answers[-1].json()["connections"] == 4
            assert client.app_state["pool"].max_size == 10
        until(lambda: len(watch.execute(OTHERS).fetchall()) == 0, 30)


def test_health_fails_once_the_database_is_gone(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    kill = OTHERS.replace("SELECT pid", "SELECT pg_terminate_backend(pid, 30000)")
    with TestClient(snippet.app) as client, psycopg.connect(postgresql_url) as watch:
        assert client.get("/health").status_code == 200
        assert watch.execute(kill).fetchall() == [(True,)] * 4
        with pytest.raises(psycopg.OperationalError):
            client.get("/health")


def test_service_does_not_start_without_its_database(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = snippet_path(request.path).read_text("utf-8")
    assert source.count(", timeout=5)") == 1
    hasty: dict[str, Any] = {"__name__": "hasty"}
    exec(source.replace(", timeout=5)", ", timeout=0.5)"), hasty)
    with socket.socket() as taken:  # bound and not listening: it refuses every connection
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://postgres@127.0.0.1:{port}/books")
        with pytest.raises(PoolTimeout), TestClient(hasty["app"]):
            pytest.fail("the service started")


def test_importing_the_service_connects_to_nothing(snippet: ModuleType) -> None:
    assert "pool" not in vars(snippet)
    with pytest.raises(KeyError, match="DATABASE_URL"):
        asyncio.run(snippet.lifespan(snippet.app).__aenter__())
