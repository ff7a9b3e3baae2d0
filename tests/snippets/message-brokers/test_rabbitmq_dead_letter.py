"""What keeps failing is tried four times and set aside, what is unreadable at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import ModuleType
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

GOOD = b'{"number": "2026-1", "cents": 100}'
BAD = b'{"number": "2026-2", "cents": 200}'


@pytest.fixture(autouse=True)
def _broker(monkeypatch: pytest.MonkeyPatch, rabbitmq_url: str) -> None:
    monkeypatch.setenv("RABBITMQ_URL", rabbitmq_url)


class Post:
    """Send invoices, fail for some, and remember every attempt."""

    def __init__(self, failing: str = "", times: int = 1000) -> None:
        """Fail for the invoice of that number, so many times."""
        self.failing = failing
        self.times = times
        self.attempts: list[str] = []

    async def send(self, invoice: Any) -> None:
        """Note the attempt; raise if it is one to fail."""
        self.attempts.append(invoice.number)
        if invoice.number == self.failing and self.attempts.count(invoice.number) <= self.times:
            message = "no answer from the post office"
            raise ConnectionError(message)


def run(url: str, test: Callable[[AbstractChannel], Awaitable[None]]) -> None:
    """Run the test with a channel of its own to look at the broker."""

    async def limited() -> None:
        async with (
            asyncio.timeout(40),
            await aio_pika.connect(url) as connection,
            await connection.channel() as channel,
        ):
            await test(channel)

    asyncio.run(limited())


@asynccontextmanager
async def consuming(
    snippet: ModuleType, channel: AbstractChannel, send: Callable[[Any], Awaitable[None]]
) -> AsyncIterator[None]:
    """Run the consumer, from the moment when its queues exist."""
    task = asyncio.create_task(snippet.consume(send))
    try:
        await until(lambda: exists(channel, "invoices"))
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds; the limit of `run` ends it."""
    while not await holds():  # noqa: ASYNC110 - the broker has no event to wait for
        await asyncio.sleep(0.02)


async def exists(channel: AbstractChannel, name: str) -> bool:
    """Tell whether there is such a queue."""
    try:
        await channel.get_queue(name)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        await channel.reopen()
        return False
    return True


async def publish(channel: AbstractChannel, *bodies: bytes) -> None:
    """Put messages into the work queue."""
    for body in bodies:
        await until(partial(taken, channel, body))


async def taken(channel: AbstractChannel, body: bytes) -> bool:
    """Publish and tell whether the broker took it; a queue may refuse what comes at its birth."""
    message = aio_pika.Message(body, message_id="m1")
    try:
        await channel.default_exchange.publish(message, "invoices")
    except aio_pika.exceptions.DeliveryError:
        return False
    return True


async def waiting(channel: AbstractChannel, name: str) -> int:
    """Give the number of messages that no consumer holds."""
    return (await channel.get_queue(name)).declaration_result.message_count or 0


async def next_dead(channel: AbstractChannel) -> AbstractIncomingMessage:
    """Wait for a dead letter and take it."""
    await until(lambda: are_waiting(channel, "invoices.dead"))
    queue = await channel.get_queue("invoices.dead")
    return await queue.get(no_ack=True)


async def are_waiting(channel: AbstractChannel, name: str, number: int | None = None) -> bool:
    """Tell whether so many messages wait for a consumer, or any."""
    found = await waiting(channel, name)
    return found > 0 if number is None else found == number


def deaths(message: AbstractIncomingMessage) -> list[tuple[Any, Any]]:
    """Give from which queue and why the message was set aside."""
    return [(death["queue"], death["reason"]) for death in message.headers["x-death"]]  # type: ignore[call-overload]


def test_failing_message_is_tried_four_times_and_set_aside(
    snippet: ModuleType, rabbitmq_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    post = Post("2026-2")

    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, post.send):
            await publish(channel, BAD, GOOD)
            dead = await next_dead(channel)
            assert (dead.body, deaths(dead)) == (BAD, [("invoices", "delivery_limit")])
            await until(lambda: enough(post, 5))  # it may overtake the good one
        assert await waiting(channel, "invoices") == 0

    run(rabbitmq_url, test)
    assert sorted(post.attempts) == ["2026-1"] + ["2026-2"] * 4
    assert caplog.messages == ["invoice 2026-2 failed"] * 4


def test_message_that_succeeds_at_the_fourth_try_is_done(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    post = Post("2026-2", times=3)

    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, post.send):
            await publish(channel, BAD)
            await until(lambda: enough(post, 4))
        assert await waiting(channel, "invoices") == 0
        assert await waiting(channel, "invoices.dead") == 0

    run(rabbitmq_url, test)


async def enough(post: Post, number: int) -> bool:
    """Tell whether so many attempts were made."""
    return len(post.attempts) >= number


@pytest.mark.parametrize("body", [b"{", b'{"number": "2026-3"}'], ids=["no-json", "no-cents"])
def test_unreadable_message_is_set_aside_at_once(
    snippet: ModuleType, rabbitmq_url: str, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    post = Post()

    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, post.send):
            await publish(channel, body, GOOD)
            dead = await next_dead(channel)
            assert (dead.body, deaths(dead)) == (body, [("invoices", "rejected")])
            await until(lambda: enough(post, 1))

    run(rabbitmq_url, test)
    assert post.attempts == ["2026-1"]
    assert caplog.messages == ["unreadable message m1"]


def test_without_a_dead_letter_queue_the_message_is_dropped(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    for name in ("exchange", "routing-key", "strategy"):
        del snippet.WORK_QUEUE[f"x-dead-letter-{name}"]
    post = Post("2026-2")

    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, post.send):
            await publish(channel, BAD, GOOD, GOOD)
            await until(lambda: enough(post, 6))
        assert await waiting(channel, "invoices") == 0
        assert await waiting(channel, "invoices.dead") == 0

    run(rabbitmq_url, test)
    assert post.attempts.count("2026-2") == 4


def test_consumer_holds_ten_messages_at_most(snippet: ModuleType, rabbitmq_url: str) -> None:
    async def never(_: Any) -> None:
        await asyncio.Event().wait()

    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, never):
            await publish(channel, *[GOOD] * 15)
            await until(lambda: are_waiting(channel, "invoices", 5))

    run(rabbitmq_url, test)


def test_crash_counts_for_every_message_that_the_consumer_held(
    snippet: ModuleType, rabbitmq_url: str
) -> None:
    attempts: list[Any] = []

    async def never(invoice: Any) -> None:
        attempts.append(invoice)
        await asyncio.Event().wait()

    async def held(channel: AbstractChannel, delivery: int) -> bool:
        return len(attempts) == delivery and await waiting(channel, "invoices") == 0

    async def test(channel: AbstractChannel) -> None:
        for delivery in range(1, 5):
            async with consuming(snippet, channel, never):
                if delivery == 1:
                    await publish(channel, BAD, GOOD)
                await until(lambda: held(channel, delivery))  # noqa: B023 - it ends in here
        dead = [await next_dead(channel), await next_dead(channel)]
        assert {message.body for message in dead} == {BAD, GOOD}
        assert [deaths(message) for message in dead] == [[("invoices", "delivery_limit")]] * 2

    run(rabbitmq_url, test)


def test_dead_letters_are_kept_in_a_quorum_queue(snippet: ModuleType, rabbitmq_url: str) -> None:
    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, Post().send):
            with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="quorum"):
                await channel.declare_queue("invoices.dead", durable=True)

    run(rabbitmq_url, test)


@pytest.mark.parametrize(
    ("argument", "other"),
    [("x-dead-letter-strategy", "at-most-once"), ("x-overflow", "drop-head")],
)
def test_broker_knows_that_a_letter_must_arrive(
    snippet: ModuleType, rabbitmq_url: str, argument: str, other: str
) -> None:
    async def test(channel: AbstractChannel) -> None:
        async with consuming(snippet, channel, Post().send):
            arguments = {**snippet.WORK_QUEUE, argument: other}
            with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match=argument):
                await channel.declare_queue("invoices", durable=True, arguments=arguments)

    run(rabbitmq_url, test)
