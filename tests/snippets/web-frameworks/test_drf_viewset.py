"""Books are filtered and paged in a fixed number of queries, and only those permitted write."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from tests.snippets.loading import loaded, snippet_path


@pytest.fixture(scope="module")
def snippet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("drf"))
        with loaded(snippet_path(Path(__file__))) as module:
            yield module
        connection.close()


@pytest.fixture(autouse=True)
def _rolled_back(snippet: ModuleType) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _cheap_passwords(snippet: ModuleType) -> Iterator[None]:
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


@pytest.fixture
def client(snippet: ModuleType) -> Any:
    """Give a client that nobody has logged in."""
    from rest_framework.test import APIClient  # noqa: PLC0415  # the snippet configures Django first

    return APIClient(SERVER_NAME="localhost")


@pytest.fixture
def books(snippet: ModuleType) -> list[Any]:
    """Give 30 books of two authors, one a year from 1951 on."""
    herbert, lem = (snippet.Author.objects.create(name=name) for name in ("Herbert", "Lem"))
    return [
        snippet.Book.objects.create(
            title=f"Volume {n}", published=1950 + n, author=herbert if n % 2 else lem
        )
        for n in range(1, 31)
    ]


def login(client: Any, *permissions: str) -> Any:
    """Give the client, logged in as a user with these permissions."""
    from django.contrib.auth.models import Permission, User  # noqa: PLC0415  # see `client`

    user = User.objects.create_user("reader", password="correct horse")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    word = b64encode(b"reader:correct horse").decode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {word}")
    return client


def test_list_shows_a_page_with_the_authors_names(client: Any, books: list[Any]) -> None:
    page = client.get("/books/").json()
    assert (page["count"], len(page["results"])) == (30, 20)
    assert page["results"][0] == {
        "id": books[0].id,
        "title": "Volume 1",
        "published": 1951,
        "author": books[0].author_id,
        "author_name": "Herbert",
    }
    assert len(client.get(page["next"]).json()["results"]) == 10


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.usefixtures("books")
def test_page_of_any_size_takes_two_queries(client: Any, size: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get("/books/", {"limit": size}).json()["results"]) == size
    assert len(queries) == 2


def test_books_are_filtered_by_year_and_author(client: Any, books: list[Any]) -> None:
    asked = {"published__gte": 1960, "published__lte": 1963, "author": books[0].author_id}
    found = client.get("/books/", asked).json()["results"]
    assert [book["published"] for book in found] == [1961, 1963]


@pytest.mark.usefixtures("books")
def test_wrong_filter_is_refused_by_name(client: Any) -> None:
    refused = client.get("/books/", {"published__gte": "soon"})
    assert (refused.status_code, list(refused.json())) == (400, ["published__gte"])


def test_stranger_may_not_write(client: Any, books: list[Any]) -> None:
    fields = {"title": "Solaris", "published": 1961, "author": books[0].author_id}
    assert client.post("/books/", fields).status_code == 401
    assert client.delete(f"/books/{books[0].id}/").status_code == 401


def test_user_without_the_permission_may_not_write(client: Any, books: list[Any]) -> None:
    fields = {"title": "Solaris", "published": 1961, "author": books[0].author_id}
    user = login(client, "view_book")
    assert user.get("/books/").status_code == 200
    assert user.post("/books/", fields).status_code == 403


def test_user_with_the_permission_writes(client: Any, books: list[Any]) -> None:
    user = login(client, "add_book", "change_book", "delete_book")
    fields = {"title": "Solaris", "published": 1961, "author": books[1].author_id}
    created = user.post("/books/", fields)
    assert created.status_code == 201
    assert created.json()["author_name"] == "Lem"
    address = f"/books/{created.json()['id']}/"
    assert user.patch(address, {"published": 1962}).json()["published"] == 1962
    assert user.delete(address).status_code == 204
    assert user.get(address).status_code == 404


def test_wrong_field_is_refused_by_name(client: Any) -> None:
    refused = login(client, "add_book").post(
        "/books/", {"title": "", "published": 1961, "author": 0}
    )
    assert refused.status_code == 400
    assert set(refused.json()) == {"title", "author"}
