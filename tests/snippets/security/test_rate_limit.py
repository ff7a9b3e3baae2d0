"""No more than the limit passes, however many ask at once, and it says when."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import time_machine
from fastapi.testclient import TestClient

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _valkey(
    monkeypatch: pytest.MonkeyPatch, valkey_url: str, request: pytest.FixtureRequest
) -> None:
    """Have a Valkey that is waited for longer: it may be slow on a busy machine."""
    monkeypatch.setenv("REDIS_URL", valkey_url)
    snippet: ModuleType = request.getfixturevalue("snippet")
    assert snippet.pool.connection_kwargs["socket_timeout"] == 0.5
    monkeypatch.setitem(snippet.pool.connection_kwargs, "socket_timeout", 30)


@pytest.fixture
def client(snippet: ModuleType) -> Iterator[TestClient]:
    with TestClient(snippet.app, client=("192.0.2.1", 5000)) as client:
        yield client


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def attempt(client: TestClient, email: str) -> httpx2.Response:
    return client.post("/login", data={"email": email})


def test_eleventh_attempt_on_an_account_waits_for_an_hour(
    client: TestClient, clock: time_machine.Traveller
) -> None:
    for n in range(10):
        answer = attempt(client, "ada@example.com")
        assert (answer.status_code, answer.json()) == (
            200,
            "password of ada@example.com is checked here",
        )
        clock.shift(60 if n == 0 else 0)
    refused = attempt(client, "ADA@example.com")
    assert (refused.status_code, refused.json()) == (429, {"detail": "Too many attempts"})
    assert refused.headers["retry-after"] == "3540"
    assert attempt(client, "eve@example.com").status_code == 200
    clock.shift(3539.5)
    refused = attempt(client, "ada@example.com")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.shift(0.5)  # the last moment: nothing is left to wait, and a client told 0 asks again
    refused = attempt(client, "ada@example.com")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.shift(0.5)
    assert attempt(client, "ada@example.com").status_code == 200
    assert attempt(client, "ada@example.com").status_code == 429


def test_twenty_first_attempt_of_an_address_waits_for_a_minute(
    snippet: ModuleType, client: TestClient, clock: time_machine.Traveller
) -> None:
    for n in range(20):
        assert attempt(client, f"{n}@example.com").status_code == 200
    refused = attempt(client, "20@example.com")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    clock.shift(60.5)
    assert attempt(client, "20@example.com").status_code == 200


def test_other_address_has_a_limit_of_its_own(
    snippet: ModuleType, clock: time_machine.Traveller
) -> None:
    for host in ("192.0.2.1", "192.0.2.2"):
        client = TestClient(snippet.app, client=(host, 5000))
        with client:
            for n in range(20):
                assert attempt(client, f"{n}@{host}.example").status_code == 200


def test_refused_attempts_do_not_lengthen_the_pause(
    client: TestClient, clock: time_machine.Traveller
) -> None:
    for n in range(20):
        attempt(client, f"{n}@example.com")
    clock.shift(59)
    assert attempt(client, "20@example.com").headers["retry-after"] == "1"
    clock.shift(1.5)
    assert attempt(client, "20@example.com").status_code == 200


def test_of_sixty_at_once_over_three_pools_ten_pass(snippet_file: Path) -> None:
    async def asked(module: dict[str, Any], host: str) -> list[int]:
        transport: Any = httpx2.ASGITransport(module["app"], client=(host, 5000))
        form = {"email": "ada@example.com"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*(client.post("/login", data=form) for _ in range(20)))
        await module["pool"].aclose()
        return [answer.status_code for answer in answers]

    code = compile(snippet_file.read_text("utf-8"), snippet_file, "exec")

    async def all_at_once() -> list[int]:
        processes: list[dict[str, Any]] = [{"__name__": f"process{n}"} for n in range(3)]
        for names in processes:
            exec(code, names)  # the snippet, as another process would import it
            names["pool"].connection_kwargs["socket_timeout"] = 30
        results = await asyncio.gather(
            *(asked(names, f"192.0.2.{n}") for n, names in enumerate(processes))
        )
        return [status for statuses in results for status in statuses]

    statuses = asyncio.run(all_at_once())
    assert (statuses.count(200), statuses.count(429)) == (10, 50)


def test_without_valkey_a_login_is_refused(
    snippet: ModuleType, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = snippet.pool.connection_kwargs
    monkeypatch.setitem(settings, "host", "127.0.0.1")
    monkeypatch.setitem(settings, "socket_timeout", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (1, silent.getsockname()[1]):  # refuses, and does not answer
            monkeypatch.setitem(settings, "port", port)
            refused = attempt(client, "ada@example.com")
            assert (refused.status_code, refused.json()) == (503, {"detail": "Try again later"})


def test_name_of_an_account_has_a_longest_length(client: TestClient) -> None:
    assert attempt(client, "a" * 254).status_code == 200
    assert attempt(client, "a" * 255).status_code == 422
