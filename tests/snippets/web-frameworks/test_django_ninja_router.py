"""Anyone reads, who has logged in writes, and wrong input is refused by name."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import override_settings

from tests.snippets.loading import loaded, snippet_path


@pytest.fixture(scope="module")
def snippet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("ninja"))
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
    from django.test import Client  # noqa: PLC0415  # the snippet configures Django first

    return Client(headers={"host": "localhost"})


@pytest.fixture
def user(client: Any) -> Any:
    """Give a function that posts as a user who has logged in."""
    from django.contrib.auth.models import User  # noqa: PLC0415  # see `client`

    User.objects.create_user("reader", password="correct horse")
    word = b64encode(b"reader:correct horse").decode()

    def post(fields: dict[str, object]) -> Any:
        return client.post(
            "/api/books",
            fields,
            content_type="application/json",
            headers={"authorization": f"Basic {word}"},
        )

    return post


def test_created_book_is_listed(client: Any, user: Any) -> None:
    created = user({"title": "Dune"})
    assert created.status_code == 201
    book = created.json()
    assert book == {"id": book["id"], "title": "Dune"}
    assert client.get("/api/books").json() == {"items": [book], "count": 1}


def test_list_is_paged(client: Any, user: Any) -> None:
    for number in range(5):
        user({"title": f"Volume {number}"})
    page = client.get("/api/books", {"limit": 2, "offset": 3}).json()
    assert [book["title"] for book in page["items"]] == ["Volume 3", "Volume 4"]
    assert page["count"] == 5


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nobody"),
        pytest.param(
            {"authorization": f"Basic {b64encode(b'reader:wrong').decode()}"}, id="wrong-password"
        ),
    ],
)
@pytest.mark.usefixtures("user")
def test_stranger_may_not_write(client: Any, headers: dict[str, str]) -> None:
    fields = {"title": "Dune"}
    refused = client.post("/api/books", fields, content_type="application/json", headers=headers)
    assert refused.status_code == 401
    assert client.get("/api/books").json()["count"] == 0


@pytest.mark.parametrize(
    "fields", [{}, {"title": ""}, {"title": "x" * 201}], ids=["missing", "empty", "too-long"]
)
def test_wrong_title_is_refused_by_name(user: Any, fields: dict[str, object]) -> None:
    refused = user(fields)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "fields", "title"]


def test_longest_title_fits_the_column_and_no_longer_one(snippet: ModuleType, user: Any) -> None:
    assert user({"title": "x" * 200}).status_code == 201
    assert snippet.Book._meta.get_field("title").max_length == 200


def test_second_book_of_a_title_is_409_and_not_stored(client: Any, user: Any) -> None:
    user({"title": "Dune"})
    refused = user({"title": "Dune"})
    assert refused.status_code == 409
    assert refused.json() == {"detail": "A book with this title exists"}
    assert client.get("/api/books").json()["count"] == 1


def test_login_stands_in_the_document(client: Any) -> None:
    methods = client.get("/api/openapi.json").json()["paths"]["/api/books"]
    assert methods["post"]["security"] == [{"Login": []}]
    assert "security" not in methods["get"]
