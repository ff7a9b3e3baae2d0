"""A key works from its creation to its revocation, and the database holds nothing that works."""

from collections.abc import Iterator
from types import ModuleType

import psycopg
import pytest
from fastapi.testclient import TestClient


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def database(snippet: ModuleType, postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(snippet.SCHEMA)
        yield connection


@pytest.fixture
def client(snippet: ModuleType, database: psycopg.Connection) -> Iterator[TestClient]:
    with TestClient(snippet.app) as client:
        yield client


def status(client: TestClient, key: str) -> int:
    return client.get("/orders", headers={"X-API-Key": key}).status_code


def id_of(key: str) -> str:
    return key.split("_")[2]


def test_import_connects_to_nothing(snippet: ModuleType) -> None:
    assert snippet.pool.closed


def test_key_names_product_and_environment_and_opens_its_account(
    snippet: ModuleType, client: TestClient
) -> None:
    key, other = snippet.create_key(42), snippet.create_key(43)
    assert key.startswith("shop_live_")
    assert (len(id_of(key)), len(key.split("_", 3)[3])) == (16, 43)
    answer = client.get("/orders", headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()) == (200, ["orders of account 42"])
    assert client.get("/orders", headers={"X-API-Key": other}).json() == ["orders of account 43"]


def test_revoked_key_is_refused_at_the_next_request(
    snippet: ModuleType, client: TestClient, database: psycopg.Connection
) -> None:
    key, second = snippet.create_key(42), snippet.create_key(42)
    assert status(client, key) == 200
    snippet.revoke_key(id_of(key))
    assert status(client, key) == 401
    assert status(client, second) == 200
    revoked = "SELECT revoked_at FROM api_keys WHERE id = %s"
    first = database.execute(revoked, [id_of(key)]).fetchone()
    snippet.revoke_key(id_of(key))
    assert database.execute(revoked, [id_of(key)]).fetchone() == first != (None,)


def test_wrong_keys_are_refused_alike(snippet: ModuleType, client: TestClient) -> None:
    key, other = snippet.create_key(42), snippet.create_key(43)
    secret = other.split("_", 3)[3]
    wrong = [
        "",
        "shop_live_",
        f"shop_live_{id_of(key)}",
        f"shop_live_{id_of(key)}_",
        f"shop_live_{id_of(key)}_{secret}",
        f"shop_live_0000000000000000_{secret}",
        key.replace("live", "test"),
        key + "x",
        key[:-1],
    ]
    answers = [client.get("/orders", headers={"X-API-Key": text}) for text in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"APIKey"}
    assert {answer.text for answer in answers[1:]} == {'{"detail":"Invalid API key"}'}


def test_address_is_no_place_for_a_key(snippet: ModuleType, client: TestClient) -> None:
    answer = client.get("/orders", params={"X-API-Key": snippet.create_key(42)})
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


def test_database_holds_no_secret(
    snippet: ModuleType, client: TestClient, database: psycopg.Connection
) -> None:
    key = snippet.create_key(42)
    ((stored,),) = database.execute("SELECT digest FROM api_keys").fetchall()
    assert len(stored) == 32
    assert key.split("_", 3)[3].encode() not in stored
    assert status(client, f"shop_live_{id_of(key)}_{stored.hex()}") == 401


def test_last_use_is_kept_to_the_minute(
    snippet: ModuleType, client: TestClient, database: psycopg.Connection
) -> None:
    key = snippet.create_key(42)
    snippet.create_key(43)

    def age() -> float | None:
        query = "SELECT extract(epoch FROM now() - last_used_at)::float FROM api_keys WHERE id = %s"
        row = database.execute(query, [id_of(key)]).fetchone()
        assert row is not None
        return row[0]

    def set_age(seconds: int) -> None:
        update = "UPDATE api_keys SET last_used_at = now() - make_interval(secs => %s)"
        database.execute(update + " WHERE id = %s", [seconds, id_of(key)])

    status(client, key + "x")
    assert age() is None
    status(client, key)
    assert 0 <= (age() or 0) < 30
    set_age(50)
    status(client, key)
    assert 50 <= (age() or 0) < 60
    set_age(61)
    status(client, key)
    assert 0 <= (age() or 0) < 30
    used = database.execute("SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL")
    assert used.fetchone() == (1,)


def test_documentation_shows_the_header(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    (scheme,) = document["components"]["securitySchemes"].values()
    assert scheme == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
