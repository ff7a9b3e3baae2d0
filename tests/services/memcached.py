"""Memcached: from the system or from Docker."""

import signal
import socket
from pathlib import Path

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, Started
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    wait_until_answering,
)

IMAGE = "memcached:1"
TIMEOUT = 5.0


def version(address: str) -> str:
    """Give `Memcached 1.6.18` as the server at `host:port` says, or raise `ServiceBroken`."""
    word, _, number = ask(address, "version").partition(" ")
    if word != "VERSION":
        message = f"not an answer of Memcached: {word[:60]!r}"
        raise ServiceBroken(message)
    return f"Memcached {number}"


def ask(address: str, command: str) -> str:
    """Give the first line of the server's answer; `ServiceBroken` if there is none."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        message = "the address must be host:port"
        raise ServiceBroken(message)
    try:
        with (
            socket.create_connection((host, int(port)), TIMEOUT) as connection,
            connection.makefile("rb") as lines,
        ):
            connection.sendall(f"{command}\r\n".encode())
            return lines.readline().decode().strip()
    except (OSError, ValueError) as error:
        raise ServiceBroken(str(error)) from error


def flush(address: str) -> None:
    """Empty the cache."""
    if (answer := ask(address, "flush_all")) != "OK":
        message = f"flush_all was answered with {answer!r}"
        raise ServiceBroken(message)


def from_system(home: Path) -> Started:
    """Start the system's server."""
    server = find_binary("memcached")
    hand_over(home)
    address = f"127.0.0.1:{free_port()}"
    network = ["--listen", "127.0.0.1", "--port", address.rpartition(":")[2]]
    # SIGTERM would take a second, for a cache that is thrown away.
    process = launch([server, *network], home, stop=signal.SIGKILL)
    wait_until_answering(lambda: version(address), process, home)
    return Started(f"system {server}", address)


def from_docker(home: Path) -> Started:
    """Start the official image."""
    address = docker.start(IMAGE, 11211, home)
    wait_until_answering(lambda: version(address), None, home)
    return Started(f"docker {IMAGE}", address)


MEMCACHED = Kind(
    name="memcached",
    starts={"system": from_system, "docker": from_docker},
    version=version,
)
