"""The blueprint pages through books, and its errors, no others, are JSON."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    monkeypatch.setenv("FLASK_SQLALCHEMY_DATABASE_URI", url.render_as_string(hide_password=False))


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[FlaskClient]:
    """Give a client of an app with 120 books."""
    app = snippet.create_app()
    with app.app_context():
        snippet.db.session.add_all(snippet.Book(title=f"Volume {n}") for n in range(1, 121))
        snippet.db.session.commit()
    yield app.test_client()
    with app.app_context():
        snippet.db.engine.dispose()


def test_following_next_gives_every_book_once(client: FlaskClient) -> None:
    address: str | None = "/api/books?per_page=50"
    sizes, seen = [], []
    while address:
        page = client.get(address).json
        assert page["total"] == 120
        sizes.append(len(page["items"]))
        seen += [book["id"] for book in page["items"]]
        address = page["next"]
    assert sizes == [50, 50, 20]
    assert seen == list(range(1, 121))


@pytest.mark.parametrize(("asked", "given"), [("", 20), ("?per_page=100000", 100)])
def test_page_size_has_a_default_and_a_limit(client: FlaskClient, asked: str, given: int) -> None:
    assert len(client.get(f"/api/books{asked}").json["items"]) == given


def test_models_share_the_base(snippet: ModuleType) -> None:
    assert snippet.Book.metadata is snippet.Base.metadata


def test_book_is_read(client: FlaskClient) -> None:
    assert client.get("/api/books/3").json == {"id": 3, "title": "Volume 3"}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/books/999", id="unknown-book"),
        pytest.param("/api/books?page=99", id="page-beyond-the-last"),
        pytest.param("/api/books?page=two", id="page-that-is-no-number"),
    ],
)
def test_error_of_the_blueprint_is_json_404(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json["error"] == "Not Found"
    assert answer.json["detail"]
    assert (answer.json["detail"] == "No such book") == (path == "/api/books/999")


def test_address_that_no_view_has_is_not_the_blueprints(client: FlaskClient) -> None:
    """What goes_wrong says: Flask finds no view, so it asks no blueprint how to err."""
    answer = client.get("/api/books/none")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
