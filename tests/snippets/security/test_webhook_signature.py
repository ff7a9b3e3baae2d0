"""Only what was signed with a known key within five minutes is accepted, to the byte."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import httpx2
import pytest
import time_machine
from fastapi.testclient import TestClient

from tests.snippets.loading import loaded, snippet_path

OLD, NEW, FOREIGN = (bytes([n]) * 32 for n in range(3))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
BODY = b'{"type": "invoice.paid",  "amount": 1250.0}'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    secrets = " ".join(f"whsec_{b64encode(key).decode()}" for key in (OLD, NEW))
    monkeypatch.setenv("WEBHOOK_SECRETS", secrets)
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def client(snippet: ModuleType) -> TestClient:
    return TestClient(snippet.app)


def signature(key: bytes, timestamp: int = NOW, body: bytes = BODY) -> str:
    """Sign as the sender does; written apart from the snippet."""
    digest = hmac.new(key, b"msg_7.%d." % timestamp + body, hashlib.sha256).digest()
    return f"v1,{b64encode(digest).decode()}"


def send(client: TestClient, body: bytes = BODY, **changed: str) -> httpx2.Response:
    headers = {"webhook-id": "msg_7", "webhook-timestamp": str(NOW), **changed}
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return client.post("/webhooks/payments", content=body, headers=raw)


@pytest.mark.parametrize(
    "sent",
    [
        signature(OLD),
        signature(NEW),
        f"{signature(FOREIGN)} {signature(NEW)}",
        f"v1a,other {signature(OLD)}",
    ],
)
def test_either_key_signs(client: TestClient, sent: str) -> None:
    answer = send(client, webhook_signature=sent)
    assert (answer.status_code, answer.json()) == (202, "invoice.paid accepted")


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "v1,",
        "é",
        signature(FOREIGN),
        signature(OLD).removeprefix("v1,"),
        signature(OLD)[:-1],
        signature(OLD, NOW - 1),
        signature(OLD, body=BODY + b" "),
    ],
)
def test_wrong_signature_is_401(client: TestClient, sent: str) -> None:
    answer = send(client, webhook_signature=sent)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Wrong signature"})


def test_no_signature_and_another_id_are_401(client: TestClient) -> None:
    assert send(client).status_code == 401
    answer = send(client, webhook_id="msg_8", webhook_signature=signature(OLD))
    assert answer.status_code == 401


def test_parsed_and_dumped_again_the_body_is_another(client: TestClient) -> None:
    again = b'{"type": "invoice.paid", "amount": 1250.0}'
    assert send(client, again, webhook_signature=signature(OLD)).status_code == 401


@pytest.mark.parametrize(("age", "status"), [(300, 202), (-300, 202), (301, 400), (-301, 400)])
def test_message_is_accepted_for_five_minutes(client: TestClient, age: int, status: int) -> None:
    sent = NOW - age
    answer = send(client, webhook_timestamp=str(sent), webhook_signature=signature(OLD, sent))
    assert answer.status_code == status


@pytest.mark.parametrize("timestamp", ["", "now", "-179000000", "1e9", "9" * 11, "9" * 5000])
def test_timestamp_that_is_no_number_is_400(client: TestClient, timestamp: str) -> None:
    answer = send(client, webhook_timestamp=timestamp, webhook_signature=signature(OLD))
    detail = {"detail": "Too old, or from the future"}
    assert (answer.status_code, answer.json()) == (400, detail)


def test_damaged_secret_stops_the_start(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRETS", "whsec_bm90#!aW5nZQ==")
    with pytest.raises(ValueError, match="base64"), loaded(snippet_path(request.path)):
        pass


def test_message_can_be_sent_twice_within_the_window(client: TestClient) -> None:
    """What goes_wrong says: the id must be remembered where the event is handled."""
    answers = [send(client, webhook_signature=signature(OLD)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
