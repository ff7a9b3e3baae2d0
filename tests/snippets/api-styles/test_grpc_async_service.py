"""A deadline ends the call on both sides, failures have codes, and a stop lets calls end."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc  # type: ignore[import-untyped]  # it brings no types
import pytest

from tests.snippets.loading import snippet_path
from tests.snippets.processes import Process, ran, started

DUNE, EMMA = "9780441013593", "9780141439587"


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate what the snippet imports, by the command that its .proto file names."""
    folder = tmp_path_factory.mktemp("stubs")
    snippet = snippet_path(Path(__file__))
    lines = (snippet.parent / snippet.stem / "stock.proto").read_text("utf-8").splitlines()
    command = " ".join(line.removeprefix("//").strip() for line in lines[:2]).split()
    assert command[:3] == ["python", "-m", "grpc_tools.protoc"]
    (folder / snippet.stem).symlink_to(snippet.parent / snippet.stem)
    made = ran(command, folder)
    assert made.returncode == 0, made.stderr
    assert (folder / "stock_pb2.pyi").is_file()
    return folder


@pytest.fixture(autouse=True)
def _generated(stubs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(stubs))


@pytest.fixture(scope="module", autouse=True)
def _forget() -> Iterator[None]:
    yield
    for name in ("stock_pb2", "stock_pb2_grpc"):
        sys.modules.pop(name, None)


@asynccontextmanager
async def serving(snippet: ModuleType) -> AsyncIterator[tuple[Any, Any]]:
    """Give the service, in this loop, and a stub that calls it."""
    server = grpc.aio.server()
    stock = snippet.Stock({DUNE: 2})
    snippet.add_StockServicer_to_server(stock, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield stock, snippet.StockStub(channel)
    await server.stop(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(limited())


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # what is awaited has no event of its own
            await asyncio.sleep(0.01)


@contextmanager
def process(stubs: Path, listen: str = "127.0.0.1:0") -> Iterator[tuple[Process, int]]:
    env = {"LISTEN": listen, "PYTHONPATH": str(stubs)}
    with started(["python", snippet_path(Path(__file__))], stubs, env) as server:
        server.says("serving on port ")
        yield server, int(server.said.split()[-1])


def test_copies_are_taken_until_none_is_left(snippet: ModuleType) -> None:
    async def test() -> None:
        async with serving(snippet) as (stock, stub):
            assert await snippet.reserve(stub, DUNE, 1) == 1
            assert await snippet.reserve(stub, DUNE, 1) == 0
            assert stock.copies == {DUNE: 0}

    run(test)


def test_call_waits_for_a_delivery(snippet: ModuleType) -> None:
    async def test() -> None:
        async with serving(snippet) as (stock, stub):
            waiting = [
                asyncio.create_task(snippet.reserve(stub, DUNE, 3, seconds=10)) for _ in range(2)
            ]
            await until(lambda: len(stock.changed._waiters) == 2)
            delivered = await stub.Deliver(snippet.DeliverRequest(isbn=DUNE, copies=5))
            assert delivered.left == 7
            assert sorted(await asyncio.gather(*waiting)) == [1, 4]
            fresh = await stub.Deliver(snippet.DeliverRequest(isbn=EMMA, copies=4))
            assert fresh.left == 4

    run(test)


def test_deadline_ends_the_call_on_both_sides(snippet: ModuleType) -> None:
    async def test() -> None:
        async with serving(snippet) as (stock, stub):
            began = time.monotonic()
            assert await snippet.reserve(stub, DUNE, 3, seconds=0.3) is None
            assert time.monotonic() - began >= 0.25
            await until(lambda: not stock.changed._waiters)
            # A handler that still waited would take three of these.
            await stub.Deliver(snippet.DeliverRequest(isbn=DUNE, copies=3))
            assert stock.copies == {DUNE: 5}

    run(test)


def test_deadline_is_two_seconds_if_nobody_says_more(snippet: ModuleType) -> None:
    asked: list[float] = []

    class Recorder:
        async def Reserve(self, _request: Any, timeout: float) -> Any:  # noqa: ASYNC109, N802
            asked.append(timeout)
            return snippet.ReserveResponse(left=1)

    async def test() -> None:
        assert await snippet.reserve(Recorder(), DUNE, 1) == 1

    run(test)
    assert asked == [2]


def test_client_that_goes_ends_the_call_in_the_server(snippet: ModuleType) -> None:
    async def test() -> None:
        async with serving(snippet) as (stock, stub):
            call = stub.Reserve(snippet.ReserveRequest(isbn=DUNE, copies=3), timeout=10)
            await until(lambda: stock.changed._waiters)
            call.cancel()
            await until(lambda: not stock.changed._waiters)

    run(test)


def test_failures_have_codes(snippet: ModuleType) -> None:
    async def test() -> None:
        async with serving(snippet) as (stock, stub):
            with pytest.raises(LookupError, match=f"no book {EMMA}"):
                await snippet.reserve(stub, EMMA, 1)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.Reserve(snippet.ReserveRequest(isbn=DUNE, copies=1))
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert refused.value.details() == "send a deadline"
            assert stock.copies == {DUNE: 2}
            del stock.changed
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await snippet.reserve(stub, DUNE, 1)
            # An exception becomes UNKNOWN, and its text reaches the client.
            assert failed.value.code() is grpc.StatusCode.UNKNOWN
            assert "'changed'" in failed.value.details()

    run(test)


def test_stop_leaves_a_call_alone_and_takes_no_new_one(snippet: ModuleType, stubs: Path) -> None:
    async def test(server: Process, port: int) -> None:
        address = f"127.0.0.1:{port}"
        async with grpc.aio.insecure_channel(address) as channel:
            stub = snippet.StockStub(channel)
            assert await snippet.reserve(stub, DUNE, 1) == 1
            waiting = asyncio.create_task(snippet.reserve(stub, DUNE, 2, seconds=60))
            done = await snippet.reserve(stub, DUNE, 1)
            assert done == 0
            server.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                while True:
                    async with grpc.aio.insecure_channel(address) as other:
                        try:
                            await snippet.StockStub(other).Reserve(
                                snippet.ReserveRequest(isbn=EMMA, copies=1), timeout=0.5
                            )
                        except grpc.aio.AioRpcError as error:
                            if error.code() is grpc.StatusCode.UNAVAILABLE:
                                break
            ended, _ = await asyncio.wait([waiting], timeout=0.5)
            assert not ended
            waiting.cancel()  # the last call; the grace would be 10 s
        assert await asyncio.to_thread(server.process.wait, 30) == 0

    with process(stubs) as (server, port):
        run(lambda: test(server, port))


def test_second_server_is_refused_the_port(stubs: Path) -> None:
    async def test() -> None:
        first = grpc.aio.server()  # which would share
        port = first.add_insecure_port("127.0.0.1:0")
        await first.start()
        env = {"LISTEN": f"127.0.0.1:{port}", "PYTHONPATH": str(stubs)}
        command: list[str | Path] = ["python", snippet_path(Path(__file__))]
        second = await asyncio.to_thread(ran, command, stubs, env, seconds=50)
        await first.stop(0)
        assert second.returncode == 1
        assert "Failed to bind" in second.stderr

    run(test)


def test_two_servers_share_a_port_by_default() -> None:
    async def test() -> None:
        first, second = grpc.aio.server(), grpc.aio.server()
        port = first.add_insecure_port("127.0.0.1:0")
        await first.start()
        assert second.add_insecure_port(f"127.0.0.1:{port}") == port
        await second.start()
        await first.stop(0)
        await second.stop(0)

    run(test)
