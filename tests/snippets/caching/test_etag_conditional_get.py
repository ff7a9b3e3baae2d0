"""A client that holds the current article gets 304 without a body; any change gives a new tag."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

TABLE = """
    CREATE TABLE articles (
        id bigint, language text, version bigint, title text, body text,
        PRIMARY KEY (id, language)
    );
    INSERT INTO articles VALUES (1, 'en', 1, 'Tea', 'Boil.'), (1, 'de', 1, 'Tee', 'Kochen.');
"""
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=30"


@pytest.fixture(autouse=True)
def database(
    monkeypatch: pytest.MonkeyPatch, postgresql_url: str
) -> Iterator[psycopg.Connection[Any]]:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(TABLE)
        yield connection


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, raise_server_exceptions=False) as client:
        yield client


def get(client: TestClient, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/articles/1", headers=named)


def test_first_answer_says_how_long_and_for_whom_it_holds(client: TestClient) -> None:
    answer = get(client)
    assert answer.status_code == 200
    assert answer.json() == {"title": "Tea", "body": "Boil."}
    assert answer.headers["ETag"] == '"1-1-en-1"'
    assert answer.headers["Cache-Control"] == CACHE_CONTROL
    assert answer.headers["Vary"] == "Accept-Language"


def test_current_copy_is_304_without_a_body_and_with_the_headers(client: TestClient) -> None:
    first = get(client)
    for sent in ("{}", "W/{}", '"other", {}', "*", '"other" ,W/{} '):
        answer = get(client, if_none_match=sent.format(first.headers["ETag"]))
        assert (answer.status_code, answer.content) == (304, b""), sent
        for name in ("ETag", "Cache-Control", "Vary"):
            assert answer.headers[name] == first.headers[name]
        assert "Content-Type" not in answer.headers


def test_other_tag_is_answered_in_full(client: TestClient) -> None:
    for sent in ("", '"1-1-en-2"', "1-1-en-1", '"1-1-de-1"'):
        answer = get(client, if_none_match=sent)
        assert (answer.status_code, answer.json()["title"]) == (200, "Tea"), sent


def test_new_version_is_a_new_tag(client: TestClient, database: psycopg.Connection[Any]) -> None:
    old = get(client).headers["ETag"]
    database.execute("UPDATE articles SET version = 2, body = 'Boil twice.' WHERE language = 'en'")
    answer = get(client, if_none_match=old)
    assert (answer.status_code, answer.json()["body"]) == (200, "Boil twice.")
    assert answer.headers["ETag"] != old


def test_change_that_keeps_the_version_stays_unseen(
    client: TestClient, database: psycopg.Connection[Any]
) -> None:
    old = get(client).headers["ETag"]
    database.execute("UPDATE articles SET body = 'Boil twice.'")
    assert get(client, if_none_match=old).status_code == 304


def test_each_language_has_its_own_tag(client: TestClient) -> None:
    english, german = get(client), get(client, accept_language="DE-de, en;q=0.5")
    assert german.json() == {"title": "Tee", "body": "Kochen."}
    tags = {english.headers["ETag"], german.headers["ETag"]}
    assert len(tags) == 2
    again = get(client, accept_language="de", if_none_match=english.headers["ETag"])
    assert again.status_code == 200


def test_changed_shape_is_a_new_tag(
    client: TestClient, snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = get(client).headers["ETag"]
    monkeypatch.setattr(snippet, "SHAPE", 2)
    assert get(client, if_none_match=old).status_code == 200


def test_304_does_not_read_the_text(client: TestClient, database: psycopg.Connection[Any]) -> None:
    tag = get(client).headers["ETag"]
    database.execute("ALTER TABLE articles DROP body")
    assert get(client).status_code == 500
    assert get(client, if_none_match=tag).status_code == 304


def test_unknown_article_is_404_and_not_kept(client: TestClient) -> None:
    answer = client.get("/articles/2", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "No such article"})
    assert answer.headers["Cache-Control"] == "no-store"
