"""NATS with JetStream: from the system or from Docker."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, Started
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    wait_until_answering,
)

IMAGE = "nats:2"
TIMEOUT = 5.0


def version(url: str) -> str:
    """Give `NATS 2.9.10` as the server says, or raise `ServiceBroken`."""
    parts = urlsplit(url)
    if parts.scheme != "nats" or not parts.hostname:
        message = "the address must be nats://host:port (TLS is not supported here)"
        raise ServiceBroken(message)
    try:
        address = (parts.hostname, parts.port or 4222)
        with (
            socket.create_connection(address, TIMEOUT) as connection,
            connection.makefile("rb") as lines,
        ):
            word, _, fields = lines.readline().partition(b" ")
            says = json.loads(fields) if word == b"INFO" else {}
    except (OSError, ValueError) as error:
        raise ServiceBroken(str(error)) from error
    if not says.get("jetstream"):
        message = "it is no NATS server with JetStream (nats-server -js)"
        raise ServiceBroken(message)
    return f"NATS {says['version']}"


def from_system(home: Path) -> Started:
    """Start the system's server."""
    server = find_binary("nats-server")
    hand_over(home)
    port = free_port()
    network = ["--addr", "127.0.0.1", "--port", str(port)]
    process = launch([server, *network, "--jetstream", "--store_dir", home / "data"], home)
    url = f"nats://127.0.0.1:{port}"
    wait_until_answering(lambda: version(url), process, home)
    return Started(f"system {server}", url)


def from_docker(home: Path) -> Started:
    """Start the official image."""
    address = docker.start(IMAGE, 4222, home, command=["-js"])
    url = f"nats://{address}"
    wait_until_answering(lambda: version(url), None, home)
    return Started(f"docker {IMAGE}", url)


NATS = Kind(
    name="nats",
    starts={"system": from_system, "docker": from_docker},
    version=version,
)
