"""Start a container for a service, when testcontainers is installed and an engine answers."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services.model import ServiceUnavailable

CONTAINER_FILE = "container"
PING_TIMEOUT = 3


def start(
    image: str,
    port: int,
    home: Path,
    *,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> str:
    """Start the image and give `host:port` at which its port is reached.

    The container's name is written into `home` before it exists, so the reaper can remove it
    whatever happens to this process.
    """
    if importlib.util.find_spec("testcontainers") is None:
        message = "testcontainers not installed"
        raise ServiceUnavailable(message)
    from docker.errors import DockerException  # noqa: PLC0415 - not in the lock
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    try:
        DockerClient(timeout=PING_TIMEOUT).client.ping()
    except (DockerException, OSError) as error:
        message = "no Docker engine"
        raise ServiceUnavailable(message) from error
    # Its own reaper removes containers when the process that started them ends; ours are shared
    # with processes that live longer.
    testcontainers_config.ryuk_disabled = True
    name = f"{home.parents[1].name}-{home.parent.name}"
    (home / CONTAINER_FILE).write_text(name, encoding="utf-8")
    container = DockerContainer(image, command=list(command), name=name, ports=[port])
    try:
        container.with_envs(**(environment or {})).start()
        return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
    except (DockerException, OSError) as error:
        message = f"{image}: {error}"
        raise ServiceUnavailable(message) from error
