"""A call is repeated within its limits, on the named errors only, and a cancellation ends it."""

import asyncio
import heapq
import random
from collections.abc import Awaitable, Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        loop: Any = self
        while loop._scheduled and loop._scheduled[0]._cancelled:
            heapq.heappop(loop._scheduled)._scheduled = False
            loop._timer_cancelled_count -= 1
        if not loop._ready and loop._scheduled:
            self.now = max(self.now, loop._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]  # the step of the loop, private


def run[T](test: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(test, loop_factory=JumpingLoop)


class Calls:
    """Behaves as told, call by call, and keeps when it was called."""

    def __init__(self, *results: Exception | float | str) -> None:
        self.results = list(results)
        self.times: list[float] = []
        self.cancelled = 0

    async def __call__(self) -> str:
        self.times.append(asyncio.get_running_loop().time())
        match self.results.pop(0):
            case str() as result:
                return result
            case Exception() as error:
                raise error
            case seconds:
                try:
                    await asyncio.sleep(seconds)
                except asyncio.CancelledError:
                    self.cancelled += 1
                    raise
                return "late"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """Give the ranges that pauses are drawn from; each pause is the longest of its range."""
    ranges: list[tuple[float, float]] = []

    def longest(low: float, high: float) -> float:
        ranges.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", longest)
    return ranges


def test_call_that_succeeds_is_made_once(snippet: ModuleType) -> None:
    call = Calls("tea")
    assert run(snippet.with_retries(call)) == "tea"
    assert call.times == [0.0]


def test_pauses_grow_and_are_drawn_from_zero_on(
    snippet: ModuleType, drawn: list[tuple[float, float]], caplog: pytest.LogCaptureFixture
) -> None:
    call = Calls(ConnectionResetError("reset"), TimeoutError(), ConnectionRefusedError(), "tea")
    assert run(snippet.with_retries(call)) == "tea"
    assert call.times == pytest.approx([0, 0.2, 0.6, 1.4])
    assert drawn == [(0, 0.2), (0, 0.4), (0, 0.8)]
    assert caplog.messages[0] == "Retry in 0.20 s after ConnectionResetError('reset')"
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3


def test_pauses_differ_from_run_to_run(snippet: ModuleType) -> None:
    async def second_call() -> float:
        call = Calls(TimeoutError(), "tea")
        await snippet.with_retries(call)
        return call.times[1]

    times = {run(second_call()) for _ in range(20)}
    assert len(times) == 20
    assert all(0 <= time <= 0.2 for time in times)


def test_last_error_is_raised_after_the_fourth_call(snippet: ModuleType) -> None:
    errors = [ConnectionError(f"call {number}") for number in range(5)]
    call = Calls(*errors)
    with pytest.raises(ConnectionError, match="call 3"):
        run(snippet.with_retries(call))
    assert len(call.times) == 4


def test_other_errors_are_not_retried(snippet: ModuleType) -> None:
    call = Calls(ValueError("no such SKU"), "tea")
    with pytest.raises(ValueError, match="no such SKU"):
        run(snippet.with_retries(call))
    assert len(call.times) == 1


def test_errors_to_retry_can_be_named(snippet: ModuleType) -> None:
    call = Calls(ValueError("try again"), "tea")
    assert run(snippet.with_retries(call, on=(ValueError,))) == "tea"


def test_hanging_call_is_cut_off_and_repeated(
    snippet: ModuleType, drawn: list[tuple[float, float]]
) -> None:
    call = Calls(30.0, "tea")
    assert run(snippet.with_retries(call)) == "tea"
    assert call.times == pytest.approx([0, 2.2])
    assert call.cancelled == 1


def test_deadline_ends_all_calls_together(
    snippet: ModuleType, drawn: list[tuple[float, float]]
) -> None:
    async def test() -> None:
        with pytest.raises(TimeoutError):
            await snippet.with_retries(call)
        assert asyncio.get_running_loop().time() == pytest.approx(6)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    call = Calls(30.0, 30.0, 30.0, 30.0)
    run(test())
    assert call.times == pytest.approx([0, 2.2, 4.6])
    assert call.cancelled == 3


def cancelled_at(seconds: float, retried: Callable[[], Awaitable[str]]) -> float:
    """Cancel the retrying task then and give the time at which it ended, cancelled."""

    async def test() -> float:
        task = asyncio.ensure_future(retried())
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.get_running_loop().time()

    return run(test())


def test_cancellation_is_no_failure_to_retry(snippet: ModuleType) -> None:
    call = Calls(30.0, "tea")
    assert cancelled_at(1.0, lambda: snippet.with_retries(call)) == 1.0
    assert (len(call.times), call.cancelled) == (1, 1)


def test_cancellation_ends_a_pause(snippet: ModuleType, drawn: list[tuple[float, float]]) -> None:
    call = Calls(TimeoutError(), "tea")
    assert cancelled_at(0.1, lambda: snippet.with_retries(call)) == 0.1
    assert len(call.times) == 1


def test_retry_that_catches_base_exception_outlives_its_cancellation() -> None:
    call = Calls(30.0, "tea")

    async def swallowing() -> str:
        try:
            return await call()
        except BaseException:  # noqa: BLE001  # the fault that is shown
            return await call()

    async def test() -> str:
        task = asyncio.ensure_future(swallowing())
        await asyncio.sleep(1)
        task.cancel()
        return await task

    assert run(test()) == "tea"
