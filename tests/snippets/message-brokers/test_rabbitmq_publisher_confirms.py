"""A publish returns once a queue has the message, and raises when none takes it or none answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from urllib.parse import urlsplit

import aio_pika
import pytest
from aio_pika import DeliveryMode, ExchangeType
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustChannel
from aio_pika.exceptions import ChannelPreconditionFailed, DeliveryError, PublishError

URL = "RABBITMQ_URL"


@pytest.fixture(autouse=True)
def _broker(monkeypatch: pytest.MonkeyPatch, rabbitmq_url: str) -> None:
    monkeypatch.setenv(URL, rabbitmq_url)


def run(test: Callable[[AbstractRobustChannel], Awaitable[None]], url: str) -> None:
    """Run the test with a channel of its own to look at the broker."""

    async def limited() -> None:
        async with (
            asyncio.timeout(40),
            await aio_pika.connect_robust(url) as connection,
            await connection.channel() as channel,
        ):
            await test(channel)

    asyncio.run(limited())


async def stored(channel: AbstractRobustChannel) -> list[AbstractIncomingMessage]:
    """Take everything that the queue has by now."""
    queue = await channel.get_queue("billing")
    messages = []
    while message := await queue.get(no_ack=True, fail=False):
        messages.append(message)
    return messages


def test_published_message_is_in_the_queue_when_the_call_returns(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    async def test(channel: AbstractRobustChannel) -> None:
        async with snippet.order_events() as orders:
            await snippet.publish_paid(orders, 7, 1250)
            (message,) = await stored(channel)
        assert json.loads(message.body) == {"order_id": 7, "cents": 1250}
        assert message.content_type == "application/json"
        assert message.message_id == "order-7-paid"
        assert message.delivery_mode == DeliveryMode.PERSISTENT

    run(test, rabbitmq_url)


def test_message_that_no_queue_takes_is_an_error(snippet: ModuleType, rabbitmq_url: str) -> None:
    async def test(channel: AbstractRobustChannel) -> None:
        async with snippet.order_events() as orders:
            await (await channel.get_queue("billing")).unbind("orders", "order.paid")
            with pytest.raises(PublishError, match="NO_ROUTE"):
                await snippet.publish_paid(orders, 7, 1250)

    run(test, rabbitmq_url)


def test_unroutable_message_is_only_a_return_value_by_default(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    async def test(channel: AbstractRobustChannel) -> None:
        async with snippet.order_events():
            await (await channel.get_queue("billing")).unbind("orders", "order.paid")
            plain = await channel.get_exchange("orders")
            await snippet.publish_paid(plain, 7, 1250)
            assert await stored(channel) == []

    run(test, rabbitmq_url)


async def publish_ten(snippet: ModuleType) -> None:
    async with snippet.order_events() as orders:
        for number in range(10):  # a quorum queue takes some more than its limit
            await snippet.publish_paid(orders, number, 1250)


def test_full_queue_refuses_the_message(snippet: ModuleType, rabbitmq_url: str) -> None:
    assert snippet.BILLING_QUEUE["x-max-length"] == 100_000
    snippet.BILLING_QUEUE["x-max-length"] = 1

    async def test(channel: AbstractRobustChannel) -> None:
        with pytest.raises(DeliveryError) as refused:
            await publish_ten(snippet)
        assert refused.value.frame.name == "Basic.Nack"
        assert (await stored(channel))[0].message_id == "order-0-paid"

    run(test, rabbitmq_url)


def test_full_queue_drops_the_oldest_without_reject_publish(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    snippet.BILLING_QUEUE["x-max-length"] = 1
    del snippet.BILLING_QUEUE["x-overflow"]

    async def test(channel: AbstractRobustChannel) -> None:
        await publish_ten(snippet)
        assert [message.message_id for message in await stored(channel)] == ["order-9-paid"]

    run(test, rabbitmq_url)


def test_exchange_survives_a_restart(snippet: ModuleType, rabbitmq_url: str) -> None:
    async def test(channel: AbstractRobustChannel) -> None:
        async with snippet.order_events():
            # Whoever declares it otherwise is told what it is.
            with pytest.raises(ChannelPreconditionFailed, match="inequivalent arg 'durable'"):
                await channel.declare_exchange("orders", ExchangeType.TOPIC)

    run(test, rabbitmq_url)


def test_queue_is_a_quorum_queue_and_so_survives_one(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    async def test(channel: AbstractRobustChannel) -> None:
        async with snippet.order_events():
            classic = {**snippet.BILLING_QUEUE, "x-queue-type": "classic"}
            with pytest.raises(ChannelPreconditionFailed, match=r"current is .*quorum"):
                await channel.declare_queue("billing", durable=True, arguments=classic)

    run(test, rabbitmq_url)


@asynccontextmanager
async def deaf_proxy(url: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Give the address of a proxy that keeps the broker's answers back once the event is set."""
    deaf = asyncio.Event()
    parts = urlsplit(url)

    async def copy(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while data := await reader.read(65536):
            if not (answers and deaf.is_set()):
                writer.write(data)
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(copy(reader, back, answers=False), copy(there, writer, answers=True))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield url.replace(f":{parts.port}/", f":{port}/"), deaf
    server.close()


def test_confirm_that_never_comes_is_an_error_though_the_message_is_stored(
    snippet: ModuleType, rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.CONFIRM_TIMEOUT == 10

    async def test(channel: AbstractRobustChannel) -> None:
        async with deaf_proxy(rabbitmq_url) as (url, deaf):
            monkeypatch.setenv(URL, url)
            async with snippet.order_events() as orders:
                deaf.set()
                with monkeypatch.context() as hurried:
                    hurried.setattr(snippet, "CONFIRM_TIMEOUT", 0.3)
                    with pytest.raises(TimeoutError):
                        await snippet.publish_paid(orders, 7, 1250)
                deaf.clear()
                await snippet.publish_paid(orders, 7, 1250)
        # Sent twice, stored twice: only the id tells.
        assert [message.message_id for message in await stored(channel)] == ["order-7-paid"] * 2

    run(test, rabbitmq_url)
