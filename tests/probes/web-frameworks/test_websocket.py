"""Whether a framework can hold a WebSocket with its own packages.

A client makes a real handshake with the small application, sends a message and waits for its
echo. The Django family is served over ASGI, on a server that speaks the protocol, so that a
refusal is the framework's. "none": the handshake was answered without 101, and no class, function
or module of the framework's distributions names a WebSocket.
"""

import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from tests.probes.contenders import DJANGO_FAMILY, WEB_FRAMEWORKS
from tests.probes.fixtures import Observe, RanWith, Served
from tests.probes.names import found_names
from tests.probes.small_apps import framework_distributions

NAMES = r"(?i)\w*web_?socket\w*"


@pytest.mark.parametrize("contender", WEB_FRAMEWORKS)
def test_websocket_message_comes_back_or_handshake_is_refused(
    contender: str, served: Served, observe: Observe, ran_with: RanWith
) -> None:
    app = served(contender, asgi=contender in DJANGO_FAMILY)
    ran_with(contender, app.distributions)
    word = outcome(app.url.replace("http", "ws", 1))
    names = found_names(framework_distributions(contender), NAMES)
    assert bool(names) == (word == "built-in"), names
    observe(contender, word)


def outcome(url: str) -> str:
    """Give "built-in" if the message comes back, "none" if the handshake is refused."""
    try:
        with connect(f"{url}/echo", proxy=None, open_timeout=5) as websocket:
            websocket.send("hello")
            assert websocket.recv(timeout=5) == "hello"
    except (InvalidStatus, InvalidMessage):
        return "none"
    return "built-in"
