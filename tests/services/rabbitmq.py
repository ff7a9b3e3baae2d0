"""RabbitMQ: from the system or from Docker, with the management plugin that makes vhosts."""

import base64
import signal
import socket
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, Started
from tests.services.running import (
    find_binary,
    free_port,
    hand_over,
    launch,
    wait_until_answering,
)

IMAGE = "rabbitmq:4-management"
MANAGEMENT_PORT = 15672
UNWRAPPED = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
TIMEOUT = 10.0


def version(url: str) -> str:
    """Give `RabbitMQ 3.10.8` as the server says, or raise `ServiceBroken`."""
    # Whoever asks for no RabbitMQ need not have the client.
    from pamqp.commands import Connection  # noqa: PLC0415
    from pamqp.exceptions import PAMQPException  # noqa: PLC0415
    from pamqp.frame import unmarshal  # noqa: PLC0415
    from pamqp.header import ProtocolHeader  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme != "amqp" or not parts.hostname:
        message = "the address must be amqp://user:password@host:port (TLS is not supported here)"
        raise ServiceBroken(message)
    try:
        address = (parts.hostname, parts.port or 5672)
        with socket.create_connection(address, TIMEOUT) as connection:
            connection.sendall(ProtocolHeader().marshal())
            # Its first frame is much shorter than a segment.
            _, _, start = unmarshal(connection.recv(65536))
    except (OSError, PAMQPException) as error:
        raise ServiceBroken(str(error)) from error
    if not isinstance(start, Connection.Start):
        message = "it does not speak AMQP 0-9-1"
        raise ServiceBroken(message)
    says = start.server_properties
    return " ".join(str(says[key]) for key in ("product", "version") if key in says)


@contextmanager
def fresh_vhost(url: str) -> Iterator[str]:
    """Give the address of a new virtual host; it is deleted with its queues afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    manage(url, "PUT", f"/api/vhosts/{name}")
    try:
        yield urlsplit(url)._replace(path=f"/{name}", query="").geturl()
    finally:
        manage(url, "DELETE", f"/api/vhosts/{name}")


def manage(url: str, method: str, path: str) -> bytes:
    """Ask the management plugin, whose port the address names as `?management=15672`."""
    parts = urlsplit(url)
    port = parse_qs(parts.query).get("management", [str(MANAGEMENT_PORT)])[0]
    account = f"{unquote(parts.username or 'guest')}:{unquote(parts.password or 'guest')}"
    headers = {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}
    address = f"http://{parts.hostname}:{port}{path}"
    request = urllib.request.Request(address, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            message = f"the management plugin answered {method} {path} with {error}"
        raise ServiceBroken(message) from error
    except OSError as error:
        message = f"no management plugin at {parts.hostname}:{port}: {error}"
        raise ServiceBroken(message) from error


def answering(url: str) -> None:
    """Raise `ServiceBroken` until both the broker and its management plugin answer."""
    version(url)
    manage(url, "GET", "/api/vhosts")


def from_system(home: Path) -> Started:
    """Start the system's server."""
    # What Debian puts on the PATH is a wrapper that insists on being root or the user rabbitmq.
    server = UNWRAPPED if UNWRAPPED.exists() else find_binary("rabbitmq-server")
    return Started(f"system {server}", serve(server, home))


def serve(server: Path, home: Path) -> str:
    """Start the broker and the name server of its own that Erlang needs, and give its address."""
    port, management, names, distribution = (free_port() for _ in range(4))
    settings = {
        "listeners.tcp.default": f"127.0.0.1:{port}",
        "management.tcp.ip": "127.0.0.1",
        "management.tcp.port": management,
        "log.console.level": "warning",
        # Half of the disk must be free by default.
        "disk_free_limit.absolute": "50MB",
    }
    configuration = home / "rabbitmq.conf"
    lines = [f"{key} = {value}\n" for key, value in settings.items()]
    configuration.write_text("".join(lines), encoding="utf-8")
    plugins = home / "enabled_plugins"
    plugins.write_text("[rabbitmq_management].\n", encoding="utf-8")
    hand_over(home)
    hand_over(plugins)
    environment = {
        "HOME": str(home),
        "ERL_CRASH_DUMP_BYTES": "0",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "RABBITMQ_CONFIG_FILE": str(configuration),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_NODENAME": "test@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    # The broker would start it as a daemon outside of `home`, where the reaper cannot find it. And
    # closing a broker that has the management plugin takes 6 s, for data that is thrown away.
    epmd: list[str | Path] = [find_binary("epmd"), "-address", "127.0.0.1", "-port", str(names)]
    launch(epmd, home, stop=signal.SIGKILL, environment=environment)
    process = launch([server], home, stop=signal.SIGKILL, environment=environment)
    url = f"amqp://guest:guest@127.0.0.1:{port}/%2F?management={management}"
    wait_until_answering(lambda: answering(url), process, home)
    return url


def from_docker(home: Path) -> Started:
    """Start the official image."""
    management = free_port()
    address = docker.start(IMAGE, 5672, home, bound={MANAGEMENT_PORT: management})
    url = f"amqp://guest:guest@{address}/%2F?management={management}"
    wait_until_answering(lambda: answering(url), None, home)
    return Started(f"docker {IMAGE}", url)


RABBITMQ = Kind(
    name="rabbitmq",
    starts={"system": from_system, "docker": from_docker},
    version=version,
)
