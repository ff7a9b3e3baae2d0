"""MariaDB: from the system or from Docker."""

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, Started
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    run,
    wait_until_answering,
)

IMAGE = "mariadb:12"
TIMEOUT = 5
# The data is thrown away with the run, so nothing needs to survive a crash of the machine.
ACCOUNT = "root"
SETTINGS = (
    "--character-set-server=utf8mb4",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-log-file-size=16M",
    "--skip-log-bin",
)


def version(url: str) -> str:
    """Give `MariaDB 10.11.19` (or `MySQL 8.4.0`) as the server says, or raise `ServiceBroken`."""
    # Debian's answers "10.11.19-MariaDB-0+deb12u1".
    number, _, rest = str(asked(url, "SELECT VERSION()")[0]).partition("-")
    return f"{'MariaDB' if 'MariaDB' in rest else 'MySQL'} {number}"


def asked(url: str, statement: str) -> tuple[Any, ...]:
    """Run one statement and give the first row of its answer; `ServiceBroken` if it fails."""
    # Without types; and whoever asks for no MariaDB need not have the driver.
    import pymysql  # type: ignore[import-untyped]  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme != "mysql" or not parts.hostname:
        message = "the address must start with mysql:// (the driver is for a test to choose)"
        raise ServiceBroken(message)
    try:
        connection = pymysql.connect(
            host=parts.hostname,
            port=parts.port or 3306,
            user=unquote(parts.username or "root"),
            password=unquote(parts.password or ""),
            connect_timeout=TIMEOUT,
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() or ()
    except pymysql.Error as error:
        raise ServiceBroken(str(error)) from error


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """Give the address of a new empty database on the server; it is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    asked(url, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        # Would wait for a transaction that a test left open on a table.
        asked(url, f"SET STATEMENT lock_wait_timeout=10 FOR DROP DATABASE {name}")


def from_system(home: Path) -> Started:
    """Start the system's server."""
    server = find_binary("mariadbd")
    return Started(f"system {server}", serve(server, home))


def serve(server: Path, home: Path) -> str:
    """Create the system tables in `home`, start the server on them and give its address."""
    data = home / "data"
    data.mkdir(mode=0o700)
    hand_over(data)
    port = free_port()
    options = ["--no-defaults", f"--datadir={data}", *SETTINGS]
    install = find_binary("mariadb-install-db")
    passwordless = "--auth-root-authentication-method=normal"
    run([install, *options, passwordless, "--skip-test-db"], home)
    network = ["--bind-address=127.0.0.1", f"--port={port}", "--socket=socket"]
    # The server changes its working directory to that of the data, which is inside `home`.
    process = launch([server, *options, *network, "--pid-file=pid"], home)
    url = f"mysql://{ACCOUNT}@127.0.0.1:{port}"
    wait_until_answering(lambda: version(url), process, home)
    return url


def from_docker(home: Path) -> Started:
    """Start the official image."""
    passwordless = {"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "1"}
    address = docker.start(IMAGE, 3306, home, environment=passwordless, command=SETTINGS)
    url = f"mysql://{ACCOUNT}@{address}"
    wait_until_answering(lambda: version(url), None, home)
    return Started(f"docker {IMAGE}", url)


MARIADB = Kind(
    name="mariadb",
    starts={"system": from_system, "docker": from_docker},
    version=version,
)
