"""Foreign hosts and origins are refused, and refusals carry the security headers too."""

from collections.abc import Iterator
from types import ModuleType

import pytest
from fastapi import Response
from fastapi.testclient import TestClient

APP = "https://app.example.com"
FOREIGN = "https://evil.example"
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, base_url="https://api.example.com") as client:
        yield client


def preflight(client: TestClient, origin: str, **asked: str) -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", **asked}
    answer = client.options("/orders", headers=headers)
    return {"status": str(answer.status_code), **answer.headers}


def test_answer_carries_every_header(client: TestClient) -> None:
    answer = client.get("/orders")
    assert (answer.status_code, answer.json()) == (200, ["tea", "bread"])
    assert HEADERS.items() <= dict(answer.headers).items()


def test_wrong_host_is_refused_with_headers(client: TestClient) -> None:
    refused = client.get("/orders", headers={"Host": "rebound.example"})
    assert refused.status_code == 400
    assert HEADERS.items() <= dict(refused.headers).items()


def test_unknown_path_and_wrong_method_carry_the_headers(client: TestClient) -> None:
    for refused, status in ((client.get("/no"), 404), (client.delete("/orders"), 405)):
        assert refused.status_code == status
        assert HEADERS.items() <= dict(refused.headers).items()


def test_route_keeps_its_own_policy(snippet: ModuleType, client: TestClient) -> None:
    policy = "default-src 'self'"
    own = Response(headers={"Content-Security-Policy": policy})
    snippet.app.add_api_route("/page", lambda: own)
    assert client.get("/page").headers["content-security-policy"] == policy


def test_preflight_of_the_named_origin_is_granted(client: TestClient) -> None:
    granted = preflight(client, APP, **{"Access-Control-Request-Headers": "Authorization"})
    assert granted["status"] == "200"
    assert granted["access-control-allow-origin"] == APP
    assert granted["access-control-max-age"] == "600"
    assert HEADERS.items() <= granted.items()


def test_preflight_of_a_foreign_origin_is_refused(client: TestClient) -> None:
    refused = preflight(client, FOREIGN)
    assert refused["status"] == "400"
    assert "access-control-allow-origin" not in refused
    assert HEADERS.items() <= refused.items()


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"Access-Control-Request-Method": "DELETE"}, id="method"),
        pytest.param({"Access-Control-Request-Headers": "X-Debug"}, id="header"),
    ],
)
def test_preflight_asking_for_more_is_refused(client: TestClient, asked: dict[str, str]) -> None:
    assert preflight(client, APP, **asked)["status"] == "400"


def test_foreign_origin_is_answered_but_its_page_may_not_read_it(client: TestClient) -> None:
    answer = client.get("/orders", headers={"Origin": FOREIGN})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_crash_is_answered_outside_the_middleware(snippet: ModuleType) -> None:
    """What goes_wrong says: the framework's own 500 is made outside of all added middleware."""
    snippet.app.add_api_route("/crash", lambda: 1 / 0)
    with TestClient(
        snippet.app, base_url="https://api.example.com", raise_server_exceptions=False
    ) as client:
        crashed = client.get("/crash", headers={"Origin": APP})
    assert crashed.status_code == 500
    assert not {*HEADERS, "access-control-allow-origin"} & set(crashed.headers)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_pages_that_the_policy_would_break_are_off(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
