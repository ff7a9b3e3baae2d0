"""Each call makes an app of its own, configured from the environment, that errs in JSON."""

from collections.abc import Iterator
from types import ModuleType
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.orm import DeclarativeBase
from werkzeug.exceptions import ServiceUnavailable


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("FLASK_MAX_CONTENT_LENGTH", "1000")


@pytest.fixture
def app(snippet: ModuleType) -> Iterator[Flask]:
    app = snippet.create_app()
    yield app
    with app.app_context():
        snippet.db.engine.dispose()


def test_book_is_read_through_psycopg(snippet: ModuleType, app: Flask) -> None:
    with app.app_context():
        assert snippet.db.engine.dialect.driver == "psycopg"
        snippet.db.session.add(snippet.Book(title="Dune"))
        snippet.db.session.commit()
    assert app.test_client().get("/books/1").json == {"id": 1, "title": "Dune"}
    assert issubclass(snippet.Book, DeclarativeBase)  # not the style of SQLAlchemy 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_any_scheme_of_a_host_names_the_driver(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, postgresql_url: str, scheme: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://{postgresql_url.partition('://')[2]}")
    app = snippet.create_app()
    wanted = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    assert app.config["SQLALCHEMY_DATABASE_URI"] == wanted
    with app.app_context():
        snippet.db.engine.dispose()


def test_app_without_address_of_a_database_does_not_start(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(KeyError, match="DATABASE_URL"):
        snippet.create_app()


def test_argument_beats_environment(snippet: ModuleType, app: Flask) -> None:
    other = snippet.create_app({"MAX_CONTENT_LENGTH": 7})
    assert app.config["MAX_CONTENT_LENGTH"] == 1000
    assert other.config["MAX_CONTENT_LENGTH"] == 7
    with other.app_context():
        snippet.db.engine.dispose()


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        pytest.param("GET", "/books/1", 404, "Not Found", id="unknown-book"),
        pytest.param("GET", "/nowhere", 404, "Not Found", id="unknown-path"),
        pytest.param("POST", "/books/1", 405, "Method Not Allowed", id="wrong-method"),
        pytest.param("GET", "/crash", 500, "Internal Server Error", id="crash"),
    ],
)
def test_every_error_is_json(app: Flask, method: str, path: str, status: int, error: str) -> None:
    app.add_url_rule("/crash", view_func=lambda: str(1 / 0))
    answer = app.test_client().open(path, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert answer.json["error"] == error
    assert answer.json["detail"]


def test_headers_of_an_error_are_kept(app: Flask) -> None:
    @app.get("/down")
    def down() -> NoReturn:
        raise ServiceUnavailable(retry_after=30)

    assert app.test_client().get("/down").headers["Retry-After"] == "30"
    assert "GET" in app.test_client().put("/down").headers["Allow"]
