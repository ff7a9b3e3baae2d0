"""Each test gets a database; the container itself is tried only where a Docker engine answers."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer

from tests.services.docker import engine_answers
from tests.snippets.testing.suites import changed, ran_suite

FIRST, SECOND = (
    f"test_each_test_has_a_database_of_its_own[{name}]" for name in ("first", "second")
)
CHECK = "test_server_checks_the_constraint"


def test_suite_passes_in_a_container(snippet_file: Path) -> None:
    if not engine_answers():
        pytest.skip("no Docker engine: install Docker to start the container")
    assert ran_suite(snippet_file).passed == {FIRST, SECOND, CHECK}


@pytest.fixture
def _another_server(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> Iterator[None]:
    """Give the suite a server of ours where the container would be, and nothing of the engine."""
    monkeypatch.setattr("testcontainers.core.container.DockerClient", Mock())
    monkeypatch.setattr(PostgresContainer, "start", lambda container: container)
    monkeypatch.setattr(PostgresContainer, "stop", Mock())
    monkeypatch.setattr(PostgresContainer, "get_connection_url", Mock(return_value=postgresql_url))
    yield
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname = 'one_test'")
        assert left.fetchall() == []
        connection.execute("DROP DATABASE template_orders")


@pytest.mark.usefixtures("_another_server")
def test_fixtures_give_each_test_a_copy_of_the_template(snippet_file: Path) -> None:
    report = ran_suite(snippet_file)
    assert report.passed == {FIRST, SECOND, CHECK}, report.said


@pytest.mark.usefixtures("_another_server")
def test_without_the_constraint_the_suite_fails(snippet_file: Path, tmp_path: Path) -> None:
    loose = changed(snippet_file, tmp_path, (" CHECK (cents > 0)", ""))
    assert ran_suite(loose).broken == {CHECK}


def test_url_is_plain_only_without_a_driver(
    snippet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testcontainers.core.container.DockerClient", Mock())
    image = "postgres:18-alpine"
    assert PostgresContainer(image, driver=None).driver == ""
    assert PostgresContainer(image).driver == "+psycopg2"
    assert f'PostgresContainer("{image}", driver=None)' in snippet_file.read_text("utf-8")


def test_old_import_warns() -> None:
    with pytest.warns(DeprecationWarning, match=r"testcontainers\.community\.postgres"):
        importlib.import_module("testcontainers.postgres")
