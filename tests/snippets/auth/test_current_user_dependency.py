"""No token or a bad one is 401, a good one without the scope is 403; each says what is wanted."""

import secrets
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import httpx2
import jwt
import pytest
from fastapi.testclient import TestClient

KEY = secrets.token_urlsafe(32)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_KEY", KEY)


@pytest.fixture
def client(snippet: ModuleType) -> TestClient:
    return TestClient(snippet.app)


def bearer(key: str = KEY, **changed: Any) -> dict[str, str]:
    """Give the header of a good token, changed; `None` leaves a claim out."""
    good = {
        "iss": "https://accounts.example.com",
        "aud": "https://invoices.example.com",
        "sub": "42",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    claims = {name: value for name, value in {**good, **changed}.items() if value is not None}
    return {"Authorization": f"Bearer {jwt.encode(claims, key, 'HS256')}"}


def seen(answer: httpx2.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("www-authenticate")


def test_token_without_scopes_is_a_user(client: TestClient) -> None:
    answer = client.get("/me", headers=bearer())
    assert (answer.status_code, answer.json()) == (200, {"id": 42})


def test_nobody_can_add_to_what_the_token_said(snippet: ModuleType) -> None:
    user = snippet.User(42, frozenset())
    with pytest.raises(FrozenInstanceError):
        user.scopes = frozenset({"invoices:write"})


def test_each_route_takes_its_own_scope(client: TestClient) -> None:
    both = bearer(scope="invoices:write invoices:read")
    assert client.get("/invoices", headers=both).json() == ["invoices of account 42"]
    created = client.post("/invoices", headers=both)
    assert (created.status_code, created.json()) == (201, "invoice by account 42")
    assert client.get("/invoices", headers=bearer(scope="invoices:read")).status_code == 200
    assert client.post("/invoices", headers=bearer(scope="invoices:write")).status_code == 201


@pytest.mark.parametrize(
    ("method", "held", "wanted"),
    [
        ("GET", "invoices:write", "invoices:read"),
        ("POST", "invoices:read", "invoices:write"),
        ("POST", "invoices:writeall", "invoices:write"),
    ],
)
def test_missing_scope_is_403_and_named(
    client: TestClient, method: str, held: str, wanted: str
) -> None:
    refused = client.request(method, "/invoices", headers=bearer(scope=held))
    assert seen(refused) == (403, f'Bearer error="insufficient_scope", scope="{wanted}"')
    assert refused.json() == {"detail": "Not permitted"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRhOnB3"}])
@pytest.mark.parametrize("path", ["/me", "/invoices"])
def test_no_token_is_401_without_an_error(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    assert seen(client.get(path, headers=headers)) == (401, "Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Authorization": "Bearer rubbish"}, id="no token"),
        pytest.param(bearer(secrets.token_urlsafe(32)), id="foreign key"),
        pytest.param(bearer(exp=datetime(2026, 1, 1, tzinfo=UTC)), id="expired"),
        pytest.param(bearer(exp=None), id="without expiry"),
        pytest.param(bearer(sub=None), id="without subject"),
        pytest.param(bearer(sub="ada"), id="subject of another kind"),
        pytest.param(bearer(iss="https://evil.example"), id="issuer"),
        pytest.param(bearer(aud="https://orders.example.com"), id="audience"),
    ],
)
def test_bad_token_is_401_and_says_so(client: TestClient, headers: dict[str, str]) -> None:
    refused = client.get("/me", headers=headers)
    assert seen(refused) == (401, 'Bearer error="invalid_token"')
    assert refused.json() == {"detail": "Invalid token"}


def test_documentation_marks_the_routes(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/me"]["get"]["security"] == [{"HTTPBearer": []}]
    assert [*paths["/invoices"]["post"]["security"][0]] == ["HTTPBearer"]
