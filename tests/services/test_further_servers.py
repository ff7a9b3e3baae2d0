"""The servers themselves, continued: brokers, MariaDB, Memcached and MongoDB."""

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import nats
import psutil
import pytest
from confluent_kafka import Consumer, Producer
from pymongo import MongoClient

from tests.services import mariadb, memcached, mongodb, rabbitmq, reaper, registry
from tests.services.conftest import RunPytest
from tests.services.model import Service, ServiceBroken
from tests.services.registry import Registry
from tests.services.running import free_port

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")
URLS = {
    "rabbitmq": "rabbitmq_url",
    "mariadb": "mariadb_url",
    "nats": "nats_url",
    "memcached": "memcached_address",
    "kafka": "kafka_servers",
    "mongodb": "mongodb_url",
}
SERVICES = [pytest.param(*names, id=names[0]) for names in URLS.items()]
OWN = [pytest.param(name, id=name) for name in ("nats", "memcached", "kafka")]
VERSIONS = {
    "rabbitmq": r"RabbitMQ \d+\.\d+\.\d+",
    "mariadb": r"MariaDB \d+\.\d+\.\d+",
    "nats": r"NATS \d+\.\d+\.\d+",
    "memcached": r"Memcached \d+\.\d+\.\d+",
    "kafka": r"Tansu \d+\.\d+\.\d+ \(Kafka protocol\)|Kafka protocol, cluster .+",
    "mongodb": r"MongoDB \d+\.\d+\.\d+",
}


@pytest.mark.parametrize(("name", "fixture"), SERVICES)
def test_server_answers_with_the_recorded_version(
    request: pytest.FixtureRequest, services: Registry, name: str, fixture: str
) -> None:
    url = request.getfixturevalue(fixture)

    service = services.get(name)
    assert registry.KINDS[name].version(url) == service.version
    assert re.fullmatch(VERSIONS[name], service.version)
    assert ("service", service.label) in request.node.user_properties


@AS_ROOT
@pytest.mark.parametrize(("name", "fixture"), SERVICES)
def test_server_runs_without_root_rights_and_on_loopback_only(
    request: pytest.FixtureRequest, services: Registry, name: str, fixture: str
) -> None:
    request.getfixturevalue(fixture)
    if services.get(name).provider.split()[0] not in {"wheel", "system"}:
        pytest.skip("not a process of ours")

    processes = reaper.servers(services.directory / name)

    assert {process.username() for process in processes} == {"nobody"}
    listening = [
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("time", ["first", "second"])
def test_virtual_host_is_fresh_for_each_test(rabbitmq_url: str, time: str) -> None:
    async def declare() -> int | None:
        async with await aio_pika.connect(rabbitmq_url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue("orders", durable=True)
            await channel.default_exchange.publish(aio_pika.Message(b""), "orders")
            return queue.declaration_result.message_count

    assert asyncio.run(declare()) == 0


def test_virtual_host_is_deleted_even_while_somebody_is_connected(
    services: Registry, rabbitmq_url: str
) -> None:
    service = services.get("rabbitmq")

    async def linger() -> bool:
        with rabbitmq.fresh_vhost(service.url) as url:
            connection = await aio_pika.connect(url)
            name = urlsplit(url).path.strip("/").encode()
            assert name in rabbitmq.manage(service.url, "GET", "/api/vhosts")
        await connection.close()
        return name in rabbitmq.manage(service.url, "GET", "/api/vhosts")

    assert asyncio.run(linger()) is False


@pytest.mark.parametrize("time", ["first", "second"])
def test_mariadb_database_is_fresh_for_each_test(mariadb_url: str, time: str) -> None:
    name = urlsplit(mariadb_url).path.strip("/")
    mariadb.asked(mariadb_url, f"CREATE TABLE {name}.note (body text)")


def test_mariadb_database_is_dropped(services: Registry, mariadb_url: str) -> None:
    service = services.get("mariadb")
    with mariadb.fresh_database(service.url) as url:
        name = urlsplit(url).path.strip("/")
        assert mariadb.asked(url, f"SHOW DATABASES LIKE '{name}'") == (name,)

    assert mariadb.asked(service.url, f"SHOW DATABASES LIKE '{name}'") == ()


@pytest.mark.parametrize("time", ["first", "second"])
def test_jetstream_is_empty_for_each_test(nats_url: str, time: str) -> None:
    async def add() -> list[str | None]:
        client = await nats.connect(nats_url)
        before = [stream.config.name for stream in await client.jetstream().streams_info()]
        await client.jetstream().add_stream(name="ORDERS", subjects=["orders.>"])
        await client.close()
        return before

    assert asyncio.run(add()) == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_memcached_is_empty_for_each_test(memcached_address: str, time: str) -> None:
    assert memcached.ask(memcached_address, "get note") == "END"
    assert memcached.ask(memcached_address, "set note 0 0 1\r\n1") == "STORED"
    assert memcached.ask(memcached_address, "get note") == "VALUE note 0 1"

    memcached.flush(memcached_address)

    assert memcached.ask(memcached_address, "get note") == "END"


def test_broker_of_the_kafka_protocol_gives_back_what_it_was_given(kafka_servers: str) -> None:
    servers = {"bootstrap.servers": kafka_servers}
    producer = Producer(servers)
    producer.produce("orders", b"paid", b"7")
    assert producer.flush(10) == 0

    quick = {"session.timeout.ms": "1000", "heartbeat.interval.ms": "100"}
    group = {"group.id": "billing", "auto.offset.reset": "earliest"}
    consumer = Consumer(servers | group | quick)
    consumer.subscribe(["orders"])
    message = consumer.poll(20)
    consumer.close()

    assert message is not None
    assert (message.key(), message.value()) == (b"7", b"paid")


def test_mongodb_database_is_dropped(services: Registry, mongodb_url: str) -> None:
    service = services.get("mongodb")
    with mongodb.fresh_database(service.url) as url, MongoClient[dict[str, int]](url) as client:
        database = client.get_default_database()
        database.note.insert_one({"n": 1})
        assert database.name in client.list_database_names()

    with MongoClient[dict[str, int]](service.url) as client:
        assert database.name not in client.list_database_names()


@pytest.mark.parametrize("name", OWN)
def test_own_server_is_another_one_and_stopped_afterwards(services: Registry, name: str) -> None:
    service = services.get(name)
    if service.provider.split()[0] not in {"wheel", "system"}:
        pytest.skip("not a process of ours")

    with services.own(service) as url:
        assert url != service.url
        assert registry.KINDS[name].version(url) == service.version

    # Its port is free again, and for a moment a server of another worker may have it.
    with pytest.raises(ServiceBroken, match=r"refused|reset"):
        registry.KINDS[name].version(url)
    assert list((services.directory / name).glob("own-*")) == []


@pytest.mark.parametrize("provider", ["env NATS_URL", "docker nats:2"])
def test_server_that_is_not_ours_to_start_is_shared(own_registry: Registry, provider: str) -> None:
    service = Service("nats", provider, "nats://elsewhere", "NATS 2", 0.0)

    with own_registry.own(service) as url:
        assert url == "nats://elsewhere"


def test_ended_run_leaves_nothing_of_erlang(run_pytest: RunPytest, open_directory: Path) -> None:
    # `run_pytest` looks itself for what still works in the run's directory; a daemon would not.
    done = run_pytest(
        "import psutil\n"
        "def test_it(rabbitmq_url):\n"
        "    assert 'epmd' in {process.name() for process in psutil.process_iter()}\n"
    )

    assert "RabbitMQ" in done.stdout
    assert done.returncode == 0, done.stdout
    assert started_for(open_directory) == []


def started_for(directory: Path) -> list[str]:
    """Give the names of processes, wherever they work, whose home is inside the directory."""
    names = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("HOME", "").startswith(str(directory)):
                names.append(process.name())
    return names


@pytest.mark.parametrize(
    ("name", "url", "problem"),
    [
        ("rabbitmq", "amqps://host", "must be amqp://"),
        ("mariadb", "mysql+asyncmy://host", "must start with mysql://"),
        ("nats", "tls://host", "must be nats://host:port"),
        ("memcached", "localhost", "must be host:port"),
        ("kafka", "kafka://localhost", "must be host:port"),
        ("mongodb", "http://host", "Invalid URI scheme"),
    ],
)
def test_address_of_another_kind_is_refused(name: str, url: str, problem: str) -> None:
    with pytest.raises(ServiceBroken, match=problem):
        registry.KINDS[name].version(url)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("rabbitmq", "amqp://"),
        ("mariadb", "mysql://"),
        ("nats", "nats://"),
        ("memcached", ""),
        ("kafka", ""),
    ],
)
def test_silence_is_no_version(name: str, scheme: str) -> None:
    with pytest.raises(ServiceBroken, match="refused"):
        registry.KINDS[name].version(f"{scheme}127.0.0.1:{free_port()}")


def test_answers_of_another_server_are_refused(valkey_url: str) -> None:
    address = f"127.0.0.1:{urlsplit(valkey_url).port}"

    with pytest.raises(ServiceBroken, match="not an answer of Memcached: '-ERR'"):
        memcached.version(address)


def test_broker_without_the_management_plugin_is_named() -> None:
    url = f"amqp://guest:guest@127.0.0.1/?management={free_port()}"

    with (
        pytest.raises(ServiceBroken, match="no management plugin at "),
        rabbitmq.fresh_vhost(url),
    ):
        pass


def test_wrong_password_is_reported_by_the_management_plugin(
    services: Registry, rabbitmq_url: str
) -> None:
    url = services.get("rabbitmq").url.replace("guest:guest@", "guest:wrong@")

    with pytest.raises(ServiceBroken, match="answered GET /api/vhosts with HTTP Error 401"):
        rabbitmq.manage(url, "GET", "/api/vhosts")
