"""Start a container for a service, when testcontainers is installed and an engine answers."""

import gc
import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tests.services.model import ServiceUnavailable

CONTAINER_FILE = "container"
PING_TIMEOUT = 3


def start(
    image: str,
    port: int,
    home: Path,
    *,
    command: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    bound: Mapping[int, int] | None = None,
) -> str:
    """Start the image and give `host:port` at which its port is reached.

    `bound` maps ports of the container to ports of the host that must be those and no others.
    The container's name is written into `home` before it exists, so the reaper can remove it
    whatever happens to this process.
    """
    if importlib.util.find_spec("testcontainers") is None:
        message = "testcontainers not installed"
        raise ServiceUnavailable(message)
    if not engine_answers():
        message = "no Docker engine"
        raise ServiceUnavailable(message)
    from docker.errors import DockerException  # noqa: PLC0415 - not in the lock
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    # Its own reaper removes containers when the process that started them ends; ours are shared
    # with processes that live longer.
    testcontainers_config.ryuk_disabled = True
    name = f"{home.parents[1].name}-{home.parent.name}"
    (home / CONTAINER_FILE).write_text(name, encoding="utf-8")
    container = DockerContainer(image, name=name, ports=[port]).with_command(list(command))
    for inside, outside in (bound or {}).items():
        container.with_bind_ports(inside, outside)
    with closing(container.get_docker_client().client):
        try:
            container.with_envs(**(environment or {})).start()
            return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
        except (DockerException, OSError) as error:
            message = f"{image}: {error}"
            raise ServiceUnavailable(message) from error


def engine_answers() -> bool:
    """Tell whether a Docker engine answers within `PING_TIMEOUT` seconds."""
    with warnings.catch_warnings():
        # When there is no engine, the client library drops its socket without closing it.
        warnings.simplefilter("ignore", ResourceWarning)
        answered = pinged()
        gc.collect()
    return answered


def pinged() -> bool:
    """Ping the engine; whatever goes wrong means that there is none to use."""
    from docker.errors import DockerException  # noqa: PLC0415
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    try:
        with closing(DockerClient(timeout=PING_TIMEOUT).client) as client:
            return bool(client.ping())
    except (DockerException, OSError):
        return False
