"""Messages reach every member, foreign origins are refused, and a slow reader is let go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
from quart.testing.connections import WebsocketResponseError

OURS = {"Origin": "https://app.example.com"}


async def until(holds: Callable[[], bool]) -> None:
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # what is awaited has no event of its own
            await asyncio.sleep(0)


@asynccontextmanager
async def joined(snippet: ModuleType, number: int) -> AsyncIterator[Any]:
    """Give the socket of a member who is the `number`th."""
    async with snippet.app.test_client().websocket("/chat", headers=OURS) as socket:
        await until(lambda: len(snippet.members) == number)
        yield socket


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(limited())


def test_message_reaches_every_member(snippet: ModuleType) -> None:
    async def test() -> None:
        async with joined(snippet, 1) as one, joined(snippet, 2) as other:
            await one.send("hello")
            assert [await one.receive(), await other.receive()] == ["hello", "hello"]
            await other.send("hi")
            assert [await one.receive(), await other.receive()] == ["hi", "hi"]

    run(test)


def test_member_who_leaves_is_forgotten(snippet: ModuleType) -> None:
    async def test() -> None:
        async with joined(snippet, 1) as one:
            async with joined(snippet, 2):
                pass
            await until(lambda: len(snippet.members) == 1)
            await one.send("anyone?")
            assert await one.receive() == "anyone?"
        await until(lambda: not snippet.members)

    run(test)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}], ids=["none", "foreign"]
)
def test_origin_that_is_not_named_is_refused(snippet: ModuleType, headers: dict[str, str]) -> None:
    async def test() -> None:
        with pytest.raises(WebsocketResponseError) as refused:
            async with snippet.app.test_client().websocket("/chat", headers=headers) as socket:
                await socket.receive()
        assert refused.value.response.status_code == 403
        assert not snippet.members

    run(test)


def test_slow_reader_is_let_go_and_the_others_are_served(snippet: ModuleType) -> None:
    async def test() -> None:
        async with joined(snippet, 1) as fast:
            slow: asyncio.Queue[str] = asyncio.Queue(1)
            snippet.members.add(slow)
            await fast.send("first")
            await fast.send("second")
            assert [await fast.receive(), await fast.receive()] == ["first", "second"]
            assert slow not in snippet.members
            assert slow.get_nowait() == "first"
            with pytest.raises(snippet.asyncio.QueueShutDown):
                slow.get_nowait()

    run(test)


def test_member_who_is_let_go_is_told_why(
    snippet: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        socket = snippet.app.test_client().websocket("/chat", headers=OURS)
        sent: list[Any] = []
        send = socket._asgi_send

        async def watched(message: Any) -> None:
            sent.append(message)
            await send(message)

        socket._asgi_send = watched
        async with socket:
            await until(lambda: socket.accepted)
            (queue,) = snippet.members
            queue.shutdown()
            await until(lambda: len(sent) > 0 and sent[-1]["type"] == "websocket.close")
        assert sent[-1]["code"] == 1008
        assert not snippet.members

    run(test)
    assert caplog.messages == []
