from bookshop.main import app
from bookshop.settings import get_settings
from fastapi.testclient import TestClient


def test_created_book_is_listed(client: TestClient, author_id: int) -> None:
    created = client.post("/books", json={"title": "Dune", "author_id": author_id})
    assert created.status_code == 201
    assert created.json() in client.get("/books").json()


def test_book_of_unknown_author_is_refused(client: TestClient) -> None:
    refused = client.post("/books", json={"title": "Dune", "author_id": 999_999})
    assert (refused.status_code, refused.json()) == (409, {"detail": "No such author"})


def test_page_is_as_long_as_the_settings_say(client: TestClient, author_id: int) -> None:
    for title in ("Dune", "Dune Messiah"):
        client.post("/books", json={"title": title, "author_id": author_id})
    one = get_settings().model_copy(update={"page_size": 1})
    app.dependency_overrides[get_settings] = lambda: one
    try:
        assert len(client.get("/books").json()) == 1
    finally:
        app.dependency_overrides.clear()
