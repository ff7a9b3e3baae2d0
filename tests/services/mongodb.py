"""MongoDB: from Docker only; no wheel and no package of Debian has the server."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, Started
from tests.services.running import wait_until_answering

IMAGE = "mongo:8"
TIMEOUT_MS = 5000


def version(url: str) -> str:
    """Give `MongoDB 8.2.1` as the server says, or raise `ServiceBroken`."""
    # Whoever asks for no MongoDB need not have the driver.
    from pymongo import MongoClient  # noqa: PLC0415
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    try:
        with MongoClient[dict[str, str]](url, serverSelectionTimeoutMS=TIMEOUT_MS) as client:
            return f"MongoDB {client.server_info()['version']}"
    except PyMongoError as error:
        raise ServiceBroken(str(error)) from error


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """Give the address of a new database on the server; it is dropped afterwards."""
    from pymongo import MongoClient  # noqa: PLC0415

    name = f"test_{uuid.uuid4().hex}"
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with MongoClient[dict[str, str]](url) as client:
            client.drop_database(name)


def from_docker(home: Path) -> Started:
    """Start the official image."""
    address = docker.start(IMAGE, 27017, home)
    url = f"mongodb://{address}/"
    wait_until_answering(lambda: version(url), None, home)
    return Started(f"docker {IMAGE}", url)


MONGODB = Kind(name="mongodb", starts={"docker": from_docker}, version=version)
