"""The server sees five calls at once and never a sixth, and each end of a call frees its place."""

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


class Archive:
    """Counts the calls that run at once; each lasts until its body was sent."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.asked: list[int] = []
        self.may_end = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        self.asked.append(number)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if number == 404:
                raise web.HTTPNotFound
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"%PDF ")
            await self.may_end.wait()  # the head was sent, the body is on its way
            await asyncio.sleep(0.01)
            await response.write(b"%d" % number)
            return response
        finally:
            self.running -= 1


def run(use: Callable[[aiohttp.ClientSession, Archive], Awaitable[None]]) -> None:
    async def serve() -> None:
        archive = Archive()
        app = web.Application()
        app.router.add_get("/invoices/{number}.pdf", archive.answer)
        server = TestServer(app, handler_cancellation=True)
        async with (
            asyncio.timeout(60),
            server,
            aiohttp.ClientSession(server.make_url("/")) as session,
        ):
            await use(session, archive)

    asyncio.run(serve())


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  # what is awaited has no event of its own
        await asyncio.sleep(0)


def test_five_at_once_and_never_a_sixth(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        calls = asyncio.create_task(snippet.download_invoices(session, range(1, 31)))
        await until(lambda: archive.running == 5 and len(snippet.archive_calls._waiters) == 25)
        archive.may_end.set()
        expected = {number: b"%%PDF %d" % number for number in range(1, 31)}
        assert await calls == expected
        assert (archive.most, len(archive.asked)) == (5, 30)

    run(use)


def test_limit_is_one_for_all_callers(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        callers = [
            asyncio.create_task(snippet.download_invoices(session, range(first, first + 4)))
            for first in (10, 20, 30)
        ]
        await until(lambda: archive.running == 5 and len(snippet.archive_calls._waiters) == 7)
        archive.may_end.set()
        assert [len(await caller) for caller in callers] == [4, 4, 4]
        assert archive.most == 5

    run(use)


def test_failed_call_frees_its_place(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        archive.may_end.set()
        for _ in range(6):
            with pytest.raises(aiohttp.ClientResponseError) as failed:
                await snippet.download_invoice(session, 404)
            assert failed.value.status == 404
        assert await snippet.download_invoice(session, 1) == b"%PDF 1"

    run(use)


def test_failure_cancels_the_others_and_frees_all_places(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        with pytest.raises(ExceptionGroup):
            await snippet.download_invoices(session, [1, 2, 3, 4, 404, 5, 6])
        assert snippet.archive_calls._value == 5
        await until(lambda: archive.running == 0)
        asked = len(archive.asked)
        archive.may_end.set()
        assert await snippet.download_invoice(session, 7) == b"%PDF 7"
        assert len(archive.asked) == asked + 1

    run(use)


def test_place_left_before_the_body_is_read_is_no_limit(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        async def too_early(number: int) -> bytes:
            async with snippet.archive_calls:
                answer = await session.get(f"invoices/{number}.pdf")
            return await answer.read()

        async with asyncio.TaskGroup() as group:
            for number in range(1, 13):
                group.create_task(too_early(number))
            await until(lambda: archive.running == 12)
            archive.may_end.set()

    run(use)


def test_semaphore_made_per_call_is_no_limit(snippet: ModuleType) -> None:
    async def use(session: aiohttp.ClientSession, archive: Archive) -> None:
        async def own_limit(number: int) -> None:
            async with asyncio.Semaphore(5), session.get(f"invoices/{number}.pdf") as answer:
                await answer.read()

        async with asyncio.TaskGroup() as group:
            for number in range(1, 13):
                group.create_task(own_limit(number))
            await until(lambda: archive.running == 12)
            archive.may_end.set()

    run(use)
