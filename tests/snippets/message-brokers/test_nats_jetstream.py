"""A message is done once its handler returned; until then it comes again, five times at most."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

DEAD = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.SHIPMENTS.labels"


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch, nats_url: str) -> None:
    monkeypatch.setenv("NATS_URL", nats_url)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, snippet: ModuleType) -> None:
    monkeypatch.setattr(snippet, "RETRY_PAUSE", 0.2)
    monkeypatch.setattr(snippet, "FETCH_TIMEOUT", 0.1)


def run(url: str, test: Callable[[JetStreamContext], Awaitable[None]]) -> None:
    """Run the test with a client of its own to look at the server."""

    async def limited() -> None:
        async with asyncio.timeout(40), await nats.connect(url) as client:
            await test(client.jetstream())

    asyncio.run(limited())


class Printer:
    """Print labels; fail so many times for each shipment, and remember when it was asked."""

    def __init__(self, failures: int = 0, seconds: float = 0.0) -> None:
        """Fail so often, and take so long."""
        self.failures = failures
        self.seconds = seconds
        self.asked: list[int] = []
        self.times: list[float] = []

    async def handle(self, shipment: dict[str, Any]) -> None:
        """Note the attempt, take the time, and fail if it is one to fail."""
        self.asked.append(shipment["shipment_id"])
        self.times.append(time.monotonic())
        await asyncio.sleep(self.seconds)
        if self.asked.count(shipment["shipment_id"]) <= self.failures:
            message = "no paper"
            raise OSError(message)


@asynccontextmanager
async def consuming(
    snippet: ModuleType, jetstream: JetStreamContext, *printers: Printer
) -> AsyncIterator[None]:
    """Run a consumer for each printer until the block ends; the last of them dies."""
    tasks = [
        asyncio.create_task(snippet.consume(printer.handle, asyncio.Event()))
        for printer in printers
    ]
    try:
        await until(lambda: exists(jetstream))
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends
    # Else the server may still give the next message to one who has just left.
    await until(lambda: nobody_asks(jetstream))


async def nobody_asks(jetstream: JetStreamContext) -> bool:
    """Tell whether the server knows that no consumer waits for a message."""
    return not (await jetstream.consumer_info("SHIPMENTS", "labels")).num_waiting


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds; the limit of `run` ends it."""
    while not await holds():  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.02)


async def exists(jetstream: JetStreamContext) -> bool:
    """Tell whether there is such a consumer."""
    try:
        await jetstream.consumer_info("SHIPMENTS", "labels")
    except nats.js.errors.NotFoundError:
        return False
    return True


async def settled(jetstream: JetStreamContext, number: int) -> bool:
    """Tell whether so many messages were delivered and none waits for an acknowledgement."""
    info = await jetstream.consumer_info("SHIPMENTS", "labels")
    delivered = info.delivered.consumer_seq if info.delivered else 0
    return delivered == number and (info.num_ack_pending, info.num_pending) == (0, 0)


def test_message_is_handled_once_and_not_again_by_the_next_consumer(
    snippet: ModuleType, nats_url: str
) -> None:
    printer, later = Printer(), Printer()

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, printer):
            await snippet.publish_created(jetstream, 7)
            await until(lambda: settled(jetstream, 1))
        await snippet.publish_created(jetstream, 8)  # while nobody is there
        async with consuming(snippet, jetstream, later):
            await until(lambda: settled(jetstream, 2))

    run(nats_url, test)
    assert (printer.asked, later.asked) == ([7], [8])


def test_message_that_is_sent_again_is_stored_once(snippet: ModuleType, nats_url: str) -> None:
    async def test(jetstream: JetStreamContext) -> None:
        await jetstream.add_stream(snippet.STREAM)
        for shipment_id in (7, 7, 8):
            await snippet.publish_created(jetstream, shipment_id)
        info = await jetstream.stream_info("SHIPMENTS")
        assert info.state.messages == 2
        assert info.config.max_age == 7 * 24 * 3600
        assert info.config.duplicate_window == 120

    run(nats_url, test)


def test_publish_without_a_stream_is_an_error(snippet: ModuleType, nats_url: str) -> None:
    async def test(jetstream: JetStreamContext) -> None:
        with pytest.raises(NoStreamResponseError):
            await snippet.publish_created(jetstream, 7)

    run(nats_url, test)


def test_failing_message_comes_again_after_the_pause(
    snippet: ModuleType, nats_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    printer = Printer(failures=2)

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, printer):
            await snippet.publish_created(jetstream, 7)
            await until(lambda: settled(jetstream, 3))

    run(nats_url, test)
    first, second, third = printer.times
    assert second - first > 0.15
    assert third - second > 0.15
    assert caplog.messages == ["shipment {'shipment_id': 7} failed"] * 2


def test_fifth_failure_is_the_last_and_only_an_advisory_tells(
    snippet: ModuleType, nats_url: str
) -> None:
    printer = Printer(failures=1000)

    async def test(jetstream: JetStreamContext) -> None:
        async with await nats.connect(nats_url) as client:
            dead = await client.subscribe(DEAD)
            async with consuming(snippet, jetstream, printer):
                await snippet.publish_created(jetstream, 7)
                told = json.loads((await dead.next_msg(30)).data)
                assert (told["stream_seq"], told["deliveries"]) == (1, 5)
        # It stays in the stream, for whoever reads it by its number.
        kept = await jetstream.get_msg("SHIPMENTS", 1)
        assert kept.data == b'{"shipment_id": 7}'

    run(nats_url, test)
    assert printer.asked == [7] * 5


def test_unreadable_message_is_given_up_at_once(
    snippet: ModuleType, nats_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    printer = Printer()

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, printer):
            await jetstream.publish("shipments.created", b"{")
            await snippet.publish_created(jetstream, 7)
            await until(lambda: settled(jetstream, 2))

    run(nats_url, test)
    assert printer.asked == [7]
    assert caplog.messages == ["unreadable message 1"]


def test_message_of_a_dead_consumer_comes_again_after_the_wait(
    snippet: ModuleType, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.CONSUMER.ack_wait == 60
    monkeypatch.setattr(snippet, "CONSUMER", replace(snippet.CONSUMER, ack_wait=1.0))
    hanging, healthy = Printer(seconds=1000), Printer()
    began: list[float] = []

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, hanging):
            began.append(time.monotonic())
            await snippet.publish_created(jetstream, 7)
            await until(lambda: asked(hanging))
        async with consuming(snippet, jetstream, healthy):
            await until(lambda: asked(healthy))

    run(nats_url, test)
    assert (hanging.asked, healthy.asked) == ([7], [7])
    assert healthy.times[0] - began[0] > 0.95


async def asked(printer: Printer) -> bool:
    """Tell whether the printer got anything."""
    return bool(printer.asked)


def test_handler_that_is_slower_than_the_wait_has_it_done_twice(
    snippet: ModuleType, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "CONSUMER", replace(snippet.CONSUMER, ack_wait=0.3))
    slow, other = Printer(seconds=1000), Printer(seconds=1000)

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, slow, other):
            await snippet.publish_created(jetstream, 7)
            await until(lambda: asked(slow))
            await until(lambda: asked(other))

    run(nats_url, test)
    assert slow.asked[0] == other.asked[0] == 7


def test_changed_settings_reach_a_consumer_that_exists(
    snippet: ModuleType, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, Printer()):
            pass
        monkeypatch.setattr(snippet, "CONSUMER", replace(snippet.CONSUMER, max_deliver=9))
        async with consuming(snippet, jetstream, Printer()):
            await until(lambda: limited_to(jetstream, 9))

    run(nats_url, test)


async def limited_to(jetstream: JetStreamContext, number: int) -> bool:
    """Tell whether the consumer's limit is that."""
    return (await jetstream.consumer_info("SHIPMENTS", "labels")).config.max_deliver == number


def test_consumer_stops_when_it_is_told_to(snippet: ModuleType, nats_url: str) -> None:
    stop = asyncio.Event()

    async def handle(_: dict[str, Any]) -> None:
        stop.set()

    async def test(jetstream: JetStreamContext) -> None:
        await jetstream.add_stream(snippet.STREAM)
        await snippet.publish_created(jetstream, 7)
        await snippet.consume(handle, stop)
        assert await settled(jetstream, 1)

    run(nats_url, test)


@pytest.mark.parametrize("raised", [TimeoutError, nats.errors.TimeoutError], ids=["plain", "nats"])
def test_consumer_waits_on_when_nothing_came(
    snippet: ModuleType,
    nats_url: str,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[Exception],
) -> None:
    printer = Printer()
    fetch = JetStreamContext.PullSubscription.fetch
    empty = [True, True]

    async def nothing_at_first(*arguments: Any, **named: Any) -> Any:
        if empty:
            empty.pop()
            raise raised
        return await fetch(*arguments, **named)

    # It raises either, as the moment has it.
    monkeypatch.setattr(JetStreamContext.PullSubscription, "fetch", nothing_at_first)

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, printer):
            await snippet.publish_created(jetstream, 7)
            await until(lambda: settled(jetstream, 1))

    run(nats_url, test)
    assert printer.asked == [7]


def test_other_subjects_of_the_stream_are_not_handled(snippet: ModuleType, nats_url: str) -> None:
    printer = Printer()

    async def test(jetstream: JetStreamContext) -> None:
        async with consuming(snippet, jetstream, printer):
            await jetstream.publish("shipments.cancelled", b'{"shipment_id": 6}')
            await snippet.publish_created(jetstream, 7)
            await until(lambda: settled(jetstream, 1))

    run(nats_url, test)
    assert printer.asked == [7]
