"""A refused posting leaves no trace, postings at once lose nothing, and relations are fetched."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType

import psycopg
import pytest
from tortoise.context import get_current_context
from tortoise.exceptions import DoesNotExist, NoValuesFetched, ValidationError
from tortoise.expressions import F


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> str:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    return postgresql_url


def run(snippet: ModuleType, test: Callable[[], Awaitable[None]]) -> None:
    """Run the test on a database with two accounts of Ada, the first with 100.00."""

    async def within() -> None:
        async with snippet.database(), asyncio.timeout(60):
            context = get_current_context()
            assert context is not None
            await context.generate_schemas()
            await snippet.Account.create(owner="Ada")
            await snippet.Account.create(owner="Ada")
            await snippet.post(1, Decimal(100))
            await test()

    asyncio.run(within())


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def stored(url: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Give balances and entries."""
    balances = rows(url, "SELECT id, balance FROM account ORDER BY id")
    return balances, rows(url, "SELECT account_id, amount FROM entry ORDER BY id")


def test_posting_writes_entry_and_balance(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        before = await snippet.Account.get(id=1)
        entry = await snippet.post(1, Decimal("-99.99"))
        assert (entry.id, entry.account.id, entry.amount) == (2, 1, Decimal("-99.99"))
        assert before.opened_at.utcoffset() == timedelta(0)
        assert abs(before.opened_at - datetime.now(UTC)) < timedelta(seconds=30)
        await snippet.post(1, Decimal("-0.01"))

    run(snippet, test)
    assert stored(url) == (
        [(1, Decimal(0)), (2, Decimal(0))],
        [(1, Decimal(100)), (1, Decimal("-99.99")), (1, Decimal("-0.01"))],
    )


def test_refused_posting_is_taken_back_whole(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        with pytest.raises(ValidationError, match="balance"):
            await snippet.post(1, Decimal("-100.01"))
        await snippet.Account.filter(id=2).update(status=snippet.Status.CLOSED)
        for unknown in (2, 3):
            with pytest.raises(DoesNotExist):
                await snippet.post(unknown, Decimal(1))

    run(snippet, test)
    assert stored(url) == ([(1, Decimal(100)), (2, Decimal(0))], [(1, Decimal(100))])
    assert rows(url, "SELECT status FROM account ORDER BY id") == [("open",), ("closed",)]


def test_postings_at_once_lose_nothing(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        await asyncio.gather(*(snippet.post(1, Decimal(1)) for _ in range(20)))

    run(snippet, test)
    assert rows(url, "SELECT balance FROM account WHERE id = 1") == [(Decimal(120),)]


def test_posting_keeps_what_others_wrote_to_the_row(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        held = await snippet.Account.get(id=1)
        await snippet.Account.filter(id=1).update(owner="Ada L.")
        held.balance += 1
        await held.save(update_fields=["balance"])
        assert rows(url, "SELECT owner FROM account WHERE id = 1") == [("Ada L.",)]
        await held.save()
        assert rows(url, "SELECT owner FROM account WHERE id = 1") == [("Ada",)]

    run(snippet, test)


def test_posting_writes_no_other_column(
    snippet: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        caplog.set_level(logging.DEBUG, logger="tortoise.db_client")
        await snippet.post(1, Decimal(1))
        (update,) = (said for said in caplog.messages if said.startswith("UPDATE"))
        assert update.startswith('UPDATE "account" SET "balance"=$1 WHERE'), update

    run(snippet, test)


def test_prefetch_is_two_queries_and_join_is_one(
    snippet: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        for amount in (3, 1, 2):
            await snippet.post(2, Decimal(amount))
        await snippet.Account.create(owner="Bob")
        caplog.set_level(logging.DEBUG, logger="tortoise.db_client")
        caplog.clear()
        accounts = await snippet.statements("Ada")
        amounts = [sorted(int(entry.amount) for entry in one.entries) for one in accounts]
        assert amounts == [[100], [1, 2, 3]]
        assert len(caplog.messages) == 2
        caplog.clear()
        large = await snippet.large_entries(Decimal(2))
        assert [(int(entry.amount), entry.account.owner, entry.account.id) for entry in large] == [
            (100, "Ada", 1),
            (3, "Ada", 2),
            (2, "Ada", 2),
        ]
        assert len(caplog.messages) == 1

    run(snippet, test)


def test_hundred_entries_at_most_in_a_stable_order(snippet: ModuleType) -> None:
    async def test() -> None:
        account = await snippet.Account.get(id=2)
        entries = [snippet.Entry(account=account, amount=5) for _ in range(101)]
        await snippet.Entry.bulk_create(entries)
        await snippet.Entry.filter(id=2).update(amount=5)
        found = [entry.id for entry in await snippet.large_entries(Decimal(5))]
        assert found == [1, *range(2, 101)]

    run(snippet, test)


def test_accounts_come_in_the_order_of_their_ids(snippet: ModuleType) -> None:
    async def test() -> None:
        await snippet.Account.filter(id=1).update(balance=0)  # moves to the end of the table
        assert [account.id for account in await snippet.statements("Ada")] == [1, 2]

    run(snippet, test)


def test_nothing_is_loaded_by_itself(snippet: ModuleType) -> None:
    async def test() -> None:
        with pytest.raises(NoValuesFetched):
            list((await snippet.Account.get(id=1)).entries)
        entry = await snippet.Entry.get(id=1)
        with pytest.raises(AttributeError):
            _ = entry.account.owner
        assert (await entry.account).owner == "Ada"

    run(snippet, test)


def test_database_knows_the_foreign_key_but_not_the_validator(
    snippet: ModuleType, url: str
) -> None:
    run(snippet, lambda: asyncio.sleep(0))
    with psycopg.connect(url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("DELETE FROM account WHERE id = 1")
        connection.execute("UPDATE account SET balance = -1 WHERE id = 1")
    kinds = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%entry%(account_id)'"
    assert rows(url, kinds) == [(1,)]


def test_update_validates_a_value_but_no_expression(snippet: ModuleType, url: str) -> None:
    async def test() -> None:
        account = snippet.Account.filter(id=1)
        with pytest.raises(ValidationError):
            await account.update(balance=Decimal(-5))
        await account.update(balance=F("balance") - 105)

    run(snippet, test)
    assert rows(url, "SELECT balance FROM account WHERE id = 1") == [(Decimal(-5),)]


def test_task_from_outside_finds_no_database(snippet: ModuleType) -> None:
    async def test() -> None:
        outside = contextvars.Context()
        task = asyncio.get_running_loop().create_task(snippet.statements("Ada"), context=outside)
        with pytest.raises(RuntimeError, match="No TortoiseContext is currently active"):
            await task

    run(snippet, test)


def test_columns_hold_what_the_model_says(snippet: ModuleType, url: str) -> None:
    run(snippet, lambda: asyncio.sleep(0))
    query = """SELECT column_name, data_type, character_maximum_length, numeric_precision,
        numeric_scale FROM information_schema.columns WHERE table_name = 'account'"""
    assert {row[0]: row[1:] for row in rows(url, query)} == {
        "id": ("bigint", None, 64, 0),
        "owner": ("character varying", 200, None, None),
        "status": ("character varying", 20, None, None),
        "balance": ("numeric", None, 12, 2),
        "opened_at": ("timestamp with time zone", None, None, None),
    }
    assert ("amount", "numeric", None, 12, 2) in rows(url, query.replace("'account'", "'entry'"))
