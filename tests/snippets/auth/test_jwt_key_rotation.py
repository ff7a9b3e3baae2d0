"""Tokens pass before, during and after a rotation; a key that is not published opens nothing."""

import json
import secrets
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from joserfc.jwk import KeySet


class Provider:
    """A key server on this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.keys: Any = {"keys": []}
        self.up = True
        self.fetched = 0


class Clock:
    """What PyJWKClient reads instead of `time.monotonic`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in ("jwks_client", "jwk_set_cache", "api_jwk"):
        monkeypatch.setattr(f"jwt.{module}.time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture(autouse=True)
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.fetched += 1
            self.send_response(200 if served.up else 500)
            self.end_headers()
            self.wfile.write(json.dumps(served.keys).encode())

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.01]).start()
        served = Provider(f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json")
        monkeypatch.setenv("JWKS_URL", served.address)
        yield served
        server.shutdown()


@pytest.fixture
def client(snippet: ModuleType) -> TestClient:
    return TestClient(snippet.app)


def key_set(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, *keys: dict[str, Any]) -> KeySet:
    monkeypatch.setenv("SIGNING_KEYS", json.dumps({"keys": keys}))
    return snippet.load_keys()


def status(client: TestClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/invoices", headers=headers).status_code


def test_rotation_refuses_nobody(
    snippet: ModuleType,
    client: TestClient,
    provider: Provider,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = snippet.new_signing_key(), snippet.new_signing_key()
    before = key_set(snippet, monkeypatch, old)
    provider.keys = snippet.published(before)
    first = snippet.issue(before, 42)
    assert status(client, first) == 200

    provider.keys = snippet.published(key_set(snippet, monkeypatch, old, new))
    clock.now += 301  # the cache is over
    assert status(client, first) == 200
    assert provider.fetched == 2

    after = key_set(snippet, monkeypatch, new, old)
    second = snippet.issue(after, 42)
    kids = [jwt.get_unverified_header(token)["kid"] for token in (first, second)]
    assert kids == [old["kid"], new["kid"]]
    assert status(client, first) == status(client, second) == 200

    provider.keys = snippet.published(key_set(snippet, monkeypatch, new))
    clock.now += 301
    assert status(client, second) == 200
    assert status(client, first) == 401


def test_published_keys_are_public(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made = snippet.new_signing_key()
    (key,) = snippet.published(key_set(snippet, monkeypatch, made))["keys"]
    assert "d" in made
    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x", "y"]
    assert (key["use"], key["alg"], key["crv"]) == ("sig", "ES256", "P-256")


def test_keys_are_fetched_once_in_five_minutes(
    snippet: ModuleType,
    client: TestClient,
    provider: Provider,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = key_set(snippet, monkeypatch, snippet.new_signing_key())
    provider.keys = snippet.published(keys)
    for passed, fetched in ((0, 1), (299, 1), (2, 2)):
        clock.now += passed
        assert status(client, snippet.issue(keys, 42)) == 200
        assert provider.fetched == fetched


def test_unknown_kid_is_refused_and_asks_for_the_keys_at_most_every_thirty_seconds(
    snippet: ModuleType,
    client: TestClient,
    provider: Provider,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = key_set(snippet, monkeypatch, snippet.new_signing_key())
    hasty = key_set(snippet, monkeypatch, snippet.new_signing_key())
    provider.keys = snippet.published(ours)
    assert status(client, snippet.issue(ours, 42)) == 200
    token = snippet.issue(hasty, 42)
    provider.keys = snippet.published(hasty)  # published too late for the cache
    clock.now += 29
    assert status(client, token) == 401
    assert provider.fetched == 1
    clock.now += 1.5
    assert status(client, token) == 200
    assert provider.fetched == 2


def test_known_kid_does_not_help_a_foreign_key(
    snippet: ModuleType, client: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = snippet.new_signing_key()
    provider.keys = snippet.published(key_set(snippet, monkeypatch, ours))
    foreign = {**snippet.new_signing_key(), "kid": ours["kid"]}
    assert status(client, snippet.issue(key_set(snippet, monkeypatch, foreign), 42)) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "https://orders.example.com"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ],
)
def test_wrong_claims_are_refused(
    snippet: ModuleType,
    client: TestClient,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
) -> None:
    key = snippet.new_signing_key()
    keys = key_set(snippet, monkeypatch, key)
    provider.keys = snippet.published(keys)
    claims = jwt.decode(snippet.issue(keys, 42), options={"verify_signature": False})
    wrong = {name: value for name, value in {**claims, **changed}.items() if value is not None}
    for payload, expected in ((claims, 200), (wrong, 401)):
        token = jwt.encode(payload, jwt.PyJWK(key), headers={"kid": key["kid"]})
        assert status(client, token) == expected


def test_token_lives_for_five_minutes(
    snippet: ModuleType, client: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = key_set(snippet, monkeypatch, snippet.new_signing_key())
    provider.keys = snippet.published(keys)
    with time_machine.travel(1_795_262_400, tick=False) as traveller:
        token = snippet.issue(keys, 42)
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/invoices", headers=headers).json() == ["invoices of account 42"]
        traveller.shift(299)
        assert status(client, token) == 200
        traveller.shift(1)
        refused = client.get("/invoices", headers=headers)
    assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid token"})
    assert refused.headers["www-authenticate"] == "Bearer"


def test_other_algorithms_and_tokens_without_kid_are_refused(
    snippet: ModuleType, client: TestClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = snippet.new_signing_key()
    keys = key_set(snippet, monkeypatch, key)
    rsa_key = rsa.generate_private_key(65537, 2048)
    public_rsa = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True)
    provider.keys = snippet.published(keys)
    provider.keys["keys"].append({**public_rsa, "kid": "rsa", "use": "sig"})
    claims = jwt.decode(snippet.issue(keys, 42), options={"verify_signature": False})
    header = {"kid": key["kid"]}
    for token in (
        jwt.encode(claims, "", "none", header),
        jwt.encode(claims, secrets.token_urlsafe(32), "HS256", header),
        jwt.encode(claims, rsa_key, "RS256", {"kid": "rsa"}),
        jwt.encode(claims, jwt.PyJWK(key)),
        "rubbish",
    ):
        assert status(client, token) == 401


def test_key_server_that_is_down_is_503_once_the_cache_is_over(
    snippet: ModuleType,
    client: TestClient,
    provider: Provider,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = key_set(snippet, monkeypatch, snippet.new_signing_key())
    provider.keys = snippet.published(keys)
    token = snippet.issue(keys, 42)
    assert status(client, token) == 200
    provider.up = False
    assert status(client, token) == 200
    clock.now += 301
    refused = client.get("/invoices", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()) == (503, {"detail": "Cannot check tokens now"})


def test_key_server_is_waited_for_three_seconds(snippet: ModuleType) -> None:
    assert snippet.provider.timeout == 3
    assert not issubclass(jwt.PyJWKClientError, jwt.InvalidTokenError)
