"""The right password gets a token of ten minutes; a wrong one and an unknown address look alike."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import anyio.to_thread
import argon2
import jwt
import psycopg
import pytest
import time_machine
from fastapi.testclient import TestClient

KEY = secrets.token_urlsafe(32)
ADA = {"username": "ada@example.com", "password": "correct horse"}
SITE = "https://orders.example.com"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("JWT_KEY", KEY)
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def client(snippet: ModuleType, postgresql_url: str) -> Iterator[TestClient]:
    """Give a client of the application, with one account of the number 7."""
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(
            "CREATE TABLE accounts (id bigint PRIMARY KEY, email text UNIQUE, password_hash text)"
        )
        row = [ADA["username"], snippet.passwords.hash(ADA["password"])]
        connection.execute("INSERT INTO accounts VALUES (7, %s, %s)", row)
    with TestClient(snippet.app) as client:
        yield client


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the hashes that Argon2 was asked to verify."""
    hashes: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counting(self: argon2.PasswordHasher, hash: str, password: str) -> bool:  # noqa: A002  # theirs
        hashes.append(hash)
        return verify(self, hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    return hashes


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_right_password_gets_a_token_for_ten_minutes(client: TestClient) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        answer = client.post("/token", data=ADA)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        token = body.pop("access_token")
        assert body == {"token_type": "bearer", "expires_in": 600}
        clock.shift(timedelta(seconds=599))
        me = client.get("/me", headers=bearer(token))
        assert (me.status_code, me.json()) == (200, {"account": "7"})
        clock.shift(timedelta(seconds=1))
        assert client.get("/me", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    "form", [{**ADA, "password": "wrong"}, {**ADA, "username": "eve@example.com"}]
)
def test_wrong_password_and_unknown_address_are_one_answer_and_one_verification(
    client: TestClient, checked: list[str], form: dict[str, str]
) -> None:
    refused = client.post("/token", data=form)
    assert refused.status_code == 401
    assert refused.json() == {"detail": "Wrong address or password"}
    assert refused.headers["www-authenticate"] == "Bearer"
    (used,) = checked
    defaults = argon2.profiles.RFC_9106_LOW_MEMORY
    assert argon2.extract_parameters(used) == defaults
    assert defaults.memory_cost == 64 * 1024


def test_password_of_nobody_opens_nothing(
    snippet: ModuleType, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "nobody", snippet.passwords.hash("guessed"))
    form = {"username": "eve@example.com", "password": "guessed"}
    assert client.post("/token", data=form).status_code == 401


def test_wrong_token_is_401(client: TestClient) -> None:
    good = {"iss": SITE, "aud": SITE, "sub": "7", "exp": datetime.now(UTC) + timedelta(hours=1)}
    assert client.get("/me", headers=bearer(jwt.encode(good, KEY))).status_code == 200
    changes: list[dict[str, Any]] = [
        {"iss": "https://evil.example"},
        {"aud": "https://invoices.example.com"},
        {"exp": None},
        {"sub": None},
    ]
    for changed in changes:
        claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
        refused = client.get("/me", headers=bearer(jwt.encode(claims, KEY)))
        assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid token"})
        assert refused.headers["www-authenticate"] == "Bearer"


def test_no_token_is_401(client: TestClient) -> None:
    refused = client.get("/me")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


def test_form_of_the_documentation_knows_where_to_log_in(client: TestClient) -> None:
    schemes = client.get("/openapi.json").json()["components"]["securitySchemes"]
    (scheme,) = schemes.values()
    assert scheme == {"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "token"}}}


def test_forty_logins_may_be_verified_at_once() -> None:
    """What goes_wrong says: AnyIO's threads are the only limit."""

    async def threads() -> float:  # the limiter is asked for inside a loop
        return anyio.to_thread.current_default_thread_limiter().total_tokens

    assert anyio.run(threads) == 40
