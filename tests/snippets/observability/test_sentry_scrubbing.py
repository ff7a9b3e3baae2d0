"""Errors reach Sentry with where they happened, and without passwords, tokens and addresses."""

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import sentry_sdk
from fastapi.testclient import TestClient
from sentry_sdk.envelope import Envelope

SECRETS = (
    "hunter2",
    "ada@shop.example",
    "at-1f3c",
    "DE89370400440532013000",
    "bearer-77",
    "key-88",
    "cookie-99",
    "query-66",
    "203.0.113.9",
)


class Sentry(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.events: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}
        event = Envelope.deserialize(unpack[self.headers["Content-Encoding"]](body)).get_event()
        if event is not None:  # and no report of the session
            self.server.events.append(event)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def sentry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sentry]:
    with Sentry() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("SENTRY_DSN", f"http://public@127.0.0.1:{server.server_port}/1")
        monkeypatch.setenv("RELEASE", "shop@2026.11.3")
        yield server
        sentry_sdk.get_client().close()
        server.shutdown()
        thread.join()


def received(sentry: Sentry) -> list[dict[str, Any]]:
    sentry_sdk.flush(30)
    return sentry.events


def log_in(snippet: ModuleType) -> None:
    with TestClient(
        snippet.app,
        raise_server_exceptions=False,
        cookies={"sid": "cookie-99"},
        client=("203.0.113.9", 1234),
    ) as client:
        answer = client.post(
            "/login?token=query-66&page=2",
            json={
                "email": "ada@shop.example",
                "password": "hunter2",
                "device": {"Access_Token": "at-1f3c", "name": "phone"},
                "accounts": [{"iban": "DE89370400440532013000"}],
            },
            headers={"Authorization": "Bearer bearer-77", "X-Api-Key": "key-88"},
        )
    assert answer.status_code == 500


def test_event_says_what_failed_without_any_secret(snippet: ModuleType, sentry: Sentry) -> None:
    log_in(snippet)
    (event,) = received(sentry)
    text = json.dumps(event)
    assert [secret for secret in SECRETS if secret in text] == []
    (error,) = event["exception"]["values"]
    assert error["type"] == "ConnectionError"
    assert error["value"] == "directory refused [email] with password=[Filtered]"
    assert error["stacktrace"]["frames"][-1]["function"] == "login"
    assert not any("vars" in frame for frame in error["stacktrace"]["frames"])
    assert event["release"] == "shop@2026.11.3"
    assert event["transaction"] == "/login"
    asked = event["request"]
    assert asked["query_string"] == "token=[Filtered]&page=2"
    assert asked["data"]["device"] == {"Access_Token": "[Filtered]", "name": "phone"}
    assert asked["headers"]["authorization"] == "[Filtered]"
    assert asked["headers"]["user-agent"] == "testclient"


@pytest.mark.parametrize(
    "name", ["new_password", "access_token", "refresh_token", "card_number", "iban", "email"]
)
def test_names_of_ours_are_added_to_those_of_the_library(
    snippet: ModuleType, sentry: Sentry, name: str
) -> None:
    values = {name.upper(): "bare", "api_key": "bare", "city": "Bern"}
    sentry_sdk.capture_message("seen", contexts={}, extras={"form": [values]})
    (event,) = received(sentry)
    hidden = {name.upper(): "[Filtered]", "api_key": "[Filtered]", "city": "Bern"}
    assert event["extra"]["form"] == [hidden]
    assert snippet.NAMES.count(name) == 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("password=hunter2, id=7", "password=[Filtered], id=7"),
        ("{'password': 'hunter2'}", "{'password': '[Filtered]'}"),
        ('{"api_key":"hunter2"}', '{"api_key":"[Filtered]"}'),
        ("APIKEY = hunter2;", "APIKEY = [Filtered];"),
        ("f(client_secret=hunter2)", "f(client_secret=[Filtered])"),
        ("/reset?token=hunter2&page=2", "/reset?token=[Filtered]&page=2"),
        ("Authorization: Bearer hunter2", "Authorization: Bearer [Filtered]"),
        ("to ada.b+c@shop-1.example now", "to [email] now"),
        ("no token for order 7", "no token for order 7"),
    ],
)
def test_secrets_in_text_are_masked(snippet: ModuleType, text: str, masked: str) -> None:
    assert snippet.masked(text) == masked
    assert snippet.masked({"a": [text, 7, None], "b": (text,)}) == {
        "a": [masked, 7, None],
        "b": [masked],
    }


@pytest.mark.usefixtures("snippet")
def test_log_lines_keep_their_text_and_lose_their_values(sentry: Sentry) -> None:
    log = logging.getLogger("shop")
    log.warning("refresh with token=%s", "at-1f3c")
    log.error("refresh failed for token=%s", "at-1f3c")
    (event,) = received(sentry)
    assert "at-1f3c" not in json.dumps(event)
    assert event["logentry"] == {
        "message": "refresh failed for token=[Filtered]",
        "formatted": "refresh failed for token=[Filtered]",
    }
    (crumb,) = (c for c in event["breadcrumbs"]["values"] if c["category"] == "shop")
    assert crumb["message"] == "refresh with token=[Filtered]"


def test_defaults_send_most_of_it(snippet: ModuleType, sentry: Sentry) -> None:
    """What goes_wrong says; the first init is replaced by a bare one."""
    sentry_sdk.init(dsn=sentry_sdk.get_client().dsn)
    log_in(snippet)
    (event,) = received(sentry)
    in_variables = json.dumps(
        [frame.get("vars") for frame in event["exception"]["values"][0]["stacktrace"]["frames"]]
    )
    assert "Bearer bearer-77" in in_variables  # in the scope of ASGI, as a list of bytes
    assert "cookie-99" in in_variables
    assert "hunter2" in event["exception"]["values"][0]["value"]
    assert event["request"]["query_string"] == "token=query-66&page=2"
    assert event["request"]["data"]["password"] == "[Filtered]"
    assert event["request"]["data"]["device"]["Access_Token"] == "at-1f3c"


def test_data_collection_puts_the_scrubber_aside(snippet: ModuleType, sentry: Sentry) -> None:
    with pytest.warns(UserWarning, match="Ignoring event_scrubber"):
        sentry_sdk.init(
            dsn=sentry_sdk.get_client().dsn,
            event_scrubber=snippet.EventScrubber(recursive=True),
            data_collection={"user_info": False},
        )
    sentry_sdk.capture_message("seen", extras={"password": "hunter2"})
    (event,) = received(sentry)
    assert event["extra"]["password"] == "hunter2"


def test_send_default_pii_is_deprecated(sentry: Sentry) -> None:
    with pytest.warns(DeprecationWarning, match="send_default_pii option is deprecated"):
        sentry_sdk.init(send_default_pii=False)
    assert sentry.events == []
