"""The pool opens before the first request and closes after the last; without it nothing starts."""

import asyncio
import socket
from types import ModuleType

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg_pool import PoolTimeout

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
"""


def connections(url: str) -> int:
    """Give how many others are connected to the database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(OTHERS).fetchone()
    assert row is not None
    return int(row[0])


def test_connections_live_as_long_as_the_service(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    assert connections(postgresql_url) == 0
    with TestClient(snippet.app) as client:
        answers = [client.get("/health") for _ in range(10)]
        assert {answer.status_code for answer in answers} == {200}
        assert connections(postgresql_url) == answers[-1].json()["connections"] == 4
    assert connections(postgresql_url) == 0


def test_service_does_not_start_without_its_database(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound and not listening: it refuses every connection
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://postgres@127.0.0.1:{port}/books")
        with pytest.raises(PoolTimeout), TestClient(snippet.app):
            pytest.fail("the service started")


def test_importing_the_service_connects_to_nothing(snippet: ModuleType) -> None:
    assert "pool" not in vars(snippet)
    with pytest.raises(KeyError, match="DATABASE_URL"):
        asyncio.run(snippet.lifespan(snippet.app).__aenter__())
