"""A transfer that fails leaves both accounts as they were; parallel transfers lose nothing."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation

from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry
from tests.snippets.loading import loaded, snippet_path


@pytest.fixture(scope="module")
def snippet(services: Registry) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    try:
        service = services.get("postgresql")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    with fresh_database(service.url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        with loaded(snippet_path(Path(__file__))) as module:
            yield module
            from django.db import connection  # noqa: PLC0415  # the snippet configures Django first

            connection.close()


@pytest.fixture(autouse=True)
def _ran_on_postgresql(request: pytest.FixtureRequest) -> None:
    use_service(request, "postgresql")


@pytest.fixture
def accounts(snippet: ModuleType) -> tuple[int, int]:
    """Give the ids of two accounts with 100 each."""
    ids = [snippet.Account.objects.create(balance=100).pk for _ in range(2)]
    return ids[0], ids[1]


def balances(snippet: ModuleType, accounts: tuple[int, int]) -> list[int]:
    found = snippet.Account.objects.in_bulk(accounts)
    return [found[key].balance for key in accounts]


def pay(source: int, target: int, amount: int) -> tuple[int, Any]:
    """Give status and document of the answer to a transfer."""
    from django.test import AsyncClient  # noqa: PLC0415  # see `snippet`

    client = AsyncClient(headers={"host": "localhost"})
    answer = asyncio.run(client.post(f"/accounts/{source}/pay/{target}/{amount}"))
    return answer.status_code, answer.json()


def test_transfer_moves_the_amount(snippet: ModuleType, accounts: tuple[int, int]) -> None:
    assert pay(*accounts, 30) == (200, {"balance": 70})
    assert balances(snippet, accounts) == [70, 130]


@pytest.mark.parametrize("amount", [101, 2**31], ids=["more-than-there-is", "more-than-fits"])
def test_failing_transfer_is_taken_back_whole(
    snippet: ModuleType, accounts: tuple[int, int], amount: int
) -> None:
    assert pay(*accounts, amount) == (409, {"detail": "The balance does not allow it"})
    assert balances(snippet, accounts) == [100, 100]


def test_unknown_account_is_404(snippet: ModuleType, accounts: tuple[int, int]) -> None:
    assert pay(accounts[0], 10**6, 30) == (404, {"detail": "No such account"})
    assert balances(snippet, accounts) == [100, 100]


def test_transfer_is_not_read(snippet: ModuleType, accounts: tuple[int, int]) -> None:
    from django.test import AsyncClient  # noqa: PLC0415  # see `snippet`

    client = AsyncClient(headers={"host": "localhost"})
    answer = asyncio.run(client.get(f"/accounts/{accounts[0]}/pay/{accounts[1]}/30"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert balances(snippet, accounts) == [100, 100]


def test_opposed_transfers_at_once_lose_nothing_and_do_not_deadlock(
    snippet: ModuleType, accounts: tuple[int, int]
) -> None:
    def transfer(both: tuple[int, int], amount: int) -> None:
        from django.db import connection  # noqa: PLC0415  # see `snippet`

        try:
            for _ in range(10):
                snippet.transfer(*both, amount)
        finally:
            connection.close()  # each thread has its own

    there, back = accounts, accounts[::-1]
    with ThreadPoolExecutor(4) as threads:
        tasks = [threads.submit(transfer, *task) for task in [(there, 2), (back, 1)] * 2]
    for task in tasks:
        task.result()
    assert balances(snippet, accounts) == [80, 120]


def test_atomic_refuses_a_coroutine(snippet: ModuleType) -> None:
    """Why the work is a plain function: asked from an event loop, atomic() refuses."""

    async def inside() -> None:
        with snippet.transaction.atomic():
            pytest.fail("a transaction began")

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(inside())
