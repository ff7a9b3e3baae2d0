"""A login at the provider becomes a session; wrong state, nonce, verifier or token does not."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

SITE = "https://orders.example.com"


class Provider:
    """An OpenID provider on this machine, whose answers can be changed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self.changed: dict[str, Any] = {}
        self.signs_with = self.key
        self.leaves_out_the_id_token = False
        self.asked: dict[str, dict[str, str]] = {}

    def log_in(self, address: str) -> dict[str, str]:
        """Do what the login page does: give the parameters of the way back."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe()
        self.asked[code] = asked
        return {"code": code, "state": asked["state"]}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.asked.pop(form["code"], None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        client = base64.b64encode(b"orders:client secret").decode()
        if (
            asked is None
            or authorization != f"Basic {client}"
            or asked.get("code_challenge") != challenge
            or asked.get("code_challenge_method") != "S256"
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        good = {
            "iss": self.url,
            "aud": "orders",
            "sub": "ada-17",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        claims = {name: value for name, value in {**good, **self.changed}.items() if value}
        header = {"alg": "ES256", "kid": self.key.kid}
        tokens = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300}
        if self.leaves_out_the_id_token:
            return 200, tokens
        return 200, {**tokens, "id_token": jwt.encode(header, claims, self.signs_with)}


@pytest.fixture
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = KeySet([served.key]).as_dict(private=False)
            answers = {"/.well-known/openid-configuration": served.metadata(), "/keys": keys}
            self.answer(200, answers[self.path])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: value for name, (value,) in parse_qs(body).items()}
            self.answer(*served.exchange(form, self.headers.get("authorization", "")))

        def answer(self, status: int, body: Any) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.01]).start()
        served = Provider(f"http://127.0.0.1:{server.server_port}")
        yield served
        server.shutdown()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    monkeypatch.setenv("OIDC_ISSUER", provider.url)
    monkeypatch.setenv("OIDC_CLIENT_ID", "orders")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "client secret")
    monkeypatch.setenv("PUBLIC_URL", SITE)
    monkeypatch.setenv("SESSION_KEY", secrets.token_urlsafe(32))


@pytest.fixture
def browser(snippet: ModuleType) -> TestClient:
    return TestClient(snippet.app, base_url=SITE, follow_redirects=False)


def start(browser: TestClient) -> str:
    """Give the address at the provider to which the application sends the browser."""
    answer = browser.get("/login")
    assert answer.status_code == 302
    return answer.headers["location"]


def come_back(browser: TestClient, parameters: dict[str, str]) -> httpx2.Response:
    return browser.get("/login/callback", params=parameters)


def is_refused(browser: TestClient, parameters: dict[str, str]) -> bool:
    answer = come_back(browser, parameters)
    assert browser.get("/me").status_code == 401
    detail = {"detail": "The login failed. Try again."}
    return (answer.status_code, answer.json()) == (400, detail)


def test_login_becomes_a_session_until_logout(browser: TestClient, provider: Provider) -> None:
    address = start(browser)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{provider.url}/authorize?")
    assert asked["redirect_uri"] == f"{SITE}/login/callback"
    assert asked["scope"] == "openid email"
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20
    answer = come_back(browser, provider.log_in(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    me = browser.get("/me")
    assert (me.status_code, me.json()) == (200, {"issuer": provider.url, "subject": "ada-17"})
    assert browser.post("/logout").status_code == 204
    gone = browser.get("/me")
    assert (gone.status_code, gone.json()) == (401, {"detail": "Not logged in"})


def test_cookie_is_for_https_and_comes_back_from_the_provider(
    browser: TestClient, provider: Provider
) -> None:
    start(browser)
    cookie = browser.get("/login").headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "secure", "max-age=28800"} <= set(cookie.split("; "))


def test_other_browser_cannot_finish_the_login(
    snippet: ModuleType, browser: TestClient, provider: Provider
) -> None:
    parameters = provider.log_in(start(browser))
    victim = TestClient(snippet.app, base_url=SITE, follow_redirects=False)
    assert is_refused(victim, parameters)
    start(victim)
    assert is_refused(victim, parameters)


def test_answer_works_once(browser: TestClient, provider: Provider) -> None:
    parameters = provider.log_in(start(browser))
    assert come_back(browser, parameters).status_code == 303
    browser.post("/logout")
    assert is_refused(browser, parameters)


@pytest.mark.parametrize("state", ["", "guessed"])
def test_wrong_state_is_refused(browser: TestClient, provider: Provider, state: str) -> None:
    assert is_refused(browser, {**provider.log_in(start(browser)), "state": state})


def test_code_of_another_login_is_refused_by_its_verifier(
    snippet: ModuleType, browser: TestClient, provider: Provider
) -> None:
    other = TestClient(snippet.app, base_url=SITE, follow_redirects=False)
    stolen = provider.log_in(start(other))["code"]
    own = provider.log_in(start(browser))
    assert is_refused(browser, {**own, "code": stolen})


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"nonce": "of another login"}, id="nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"iss": "https://evil.example"}, id="issuer"),
        pytest.param({"aud": "invoices"}, id="audience"),
        pytest.param({"aud": "invoices", "azp": "orders"}, id="audience, with our azp"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"sub": None}, id="no subject"),
    ],
)
def test_wrong_id_token_is_refused(
    browser: TestClient, provider: Provider, changed: dict[str, Any]
) -> None:
    provider.changed = changed
    assert is_refused(browser, provider.log_in(start(browser)))


def test_foreign_signature_is_refused(browser: TestClient, provider: Provider) -> None:
    provider.signs_with = ECKey.generate_key("P-256")
    assert is_refused(browser, provider.log_in(start(browser)))


def test_answer_without_an_id_token_is_no_login(browser: TestClient, provider: Provider) -> None:
    provider.leaves_out_the_id_token = True
    assert is_refused(browser, provider.log_in(start(browser)))


def test_refusal_at_the_provider_is_no_login(browser: TestClient, provider: Provider) -> None:
    state = provider.log_in(start(browser))["state"]
    assert is_refused(browser, {"error": "access_denied", "state": state})


def test_keys_may_change_between_two_logins(browser: TestClient, provider: Provider) -> None:
    assert come_back(browser, provider.log_in(start(browser))).status_code == 303
    provider.key = provider.signs_with = ECKey.generate_key("P-256", auto_kid=True)
    browser.post("/logout")
    assert come_back(browser, provider.log_in(start(browser))).status_code == 303


def test_login_begins_with_an_empty_session(
    snippet: ModuleType, browser: TestClient, provider: Provider
) -> None:
    def show(request: Request) -> list[str]:
        request.session.setdefault("basket", "tea")
        return sorted(request.session)

    snippet.app.add_api_route("/session", show)
    assert browser.get("/session").json() == ["basket"]
    come_back(browser, provider.log_in(start(browser)))
    cookie = base64.b64decode(browser.cookies["session"].split(".")[0])
    assert list(json.loads(cookie)) == ["account"]


def test_provider_is_waited_for_five_seconds(snippet: ModuleType) -> None:
    assert snippet.company.client_kwargs["timeout"] == 5


def test_provider_that_is_down_is_500(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snippet.company, "_server_metadata_url", "http://127.0.0.1:1/")
    with TestClient(snippet.app, SITE, raise_server_exceptions=False) as browser:
        assert browser.get("/login").status_code == 500


def test_without_our_claims_a_token_for_another_client_passes(
    snippet: ModuleType,
    browser: TestClient,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snippet, "CLAIMS", None)
    provider.changed = {"aud": "invoices", "azp": "orders"}
    assert come_back(browser, provider.log_in(start(browser))).status_code == 303
