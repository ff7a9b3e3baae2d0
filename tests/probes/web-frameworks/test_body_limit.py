"""What a handler that reads JSON does with 20 MB of it, with default settings.

"refused": answered with 413 or 400. "accepted": the handler answers with the length of the whole
text. The client reads while it
writes, for a server may refuse before it has taken everything.
"""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.probes.contenders import WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served

CHARACTERS = 20_000_000


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_twenty_megabytes_are_refused_or_read(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender)
    ran_with(contender, app.distributions)
    small = httpx2.post(f"{app.url}/json", json={"text": "x"})
    assert small.raise_for_status().json() == {"characters": 1}
    status, answer = post(app.url, json.dumps({"text": "x" * CHARACTERS}).encode())
    if status in {400, 413}:
        observe(contender, "refused")
        return
    assert 200 <= status < 300, answer
    assert json.loads(answer) == {"characters": CHARACTERS}
    observe(contender, "accepted")


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Give the status and the body of the answer to a large POST."""
    address = urlsplit(url)
    head = (
        f"POST /json HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with (
        ThreadPoolExecutor(1) as sender,
        socket.create_connection((address.hostname, address.port), timeout=30) as connection,
    ):
        sender.submit(connection.sendall, head.encode() + body)
        answer = HTTPResponse(connection)
        answer.begin()
        content = answer.read()
        # A server that refuses may leave the rest unread; the sender must not wait for it.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return answer.status, content
