"""Unknown ids, taken e-mail addresses and stale versions are errors of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

ADA = {"email": "ada@example.com", "name": "Ada"}
BOB = {"email": "bob@example.com", "name": "Bob"}
FIRST = {"email": "ada@example.com", "name": "Ada L."}

type Test = Callable[[AsyncEngine], Awaitable[None]]
type Run = Callable[[Test], None]


@pytest.fixture
def run(snippet: ModuleType, postgresql_url: str) -> Run:
    """Give what runs a coroutine on an engine whose database has the table."""

    async def on_engine(test: Test) -> None:
        engine = create_async_engine(postgresql_url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(snippet.Base.metadata.create_all)
            async with asyncio.timeout(60):
                await test(engine)
        finally:
            await engine.dispose()

    return lambda test: asyncio.run(on_engine(test))


async def in_unit[T](
    snippet: ModuleType, engine: AsyncEngine, work: Callable[[Any], Awaitable[T]]
) -> T:
    """Run the work with a service in a unit of work of its own."""
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        return await work(snippet.CustomerService(session))


async def stored(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    async with engine.connect() as connection:
        query = "SELECT email, name FROM customers ORDER BY id"
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


def test_customer_lives_from_create_to_update(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        created = await in_unit(snippet, engine, lambda service: service.create(**ADA))
        assert (created.id, created.version) == (1, 1)
        found = await in_unit(snippet, engine, lambda service: service.get(1))
        assert (found.email, found.name) == ("ada@example.com", "Ada")
        await in_unit(snippet, engine, lambda service: service.update(1, 1, **BOB))
        found = await in_unit(snippet, engine, lambda service: service.get(1))
        assert (found.email, found.name, found.version) == ("bob@example.com", "Bob", 2)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE customers SET version = 1000")
        changed = await in_unit(snippet, engine, lambda service: service.update(1, 1000, **ADA))
        assert changed.version == 1001

    run(test)


def test_unknown_customer_is_not_found(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        for work in (
            lambda service: service.get(7),
            lambda service: service.update(7, 1, **ADA),
        ):
            with pytest.raises(snippet.NotFoundError) as error:
                await in_unit(snippet, engine, work)
            assert error.value.args == (7,)

    run(test)


def test_taken_address_is_a_conflict_and_the_unit_of_work_goes_on(
    snippet: ModuleType, run: Run
) -> None:
    async def test(engine: AsyncEngine) -> None:
        async def work(service: Any) -> None:
            await service.create(**ADA)
            with pytest.raises(snippet.ConflictError, match=r"^uq_customers_email$"):
                await service.create(email=ADA["email"], name="Impostor")
            bob = await service.create(**BOB)
            bob_id = bob.id
            with pytest.raises(snippet.ConflictError, match=r"^uq_customers_email$"):
                await service.update(bob_id, 1, email=ADA["email"], name="Robert")
            with pytest.raises(StatementError, match="MissingGreenlet"):
                _ = bob.name  # taken back with the savepoint, to be read anew
            again = await service.get(bob_id)
            assert (again.name, again.version) == ("Bob", 1)

        await in_unit(snippet, engine, work)
        assert await stored(engine) == [tuple(ADA.values()), tuple(BOB.values())]

    run(test)


def test_other_broken_constraints_are_no_conflict(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        with pytest.raises(IntegrityError, match="not-null constraint"):
            await in_unit(
                snippet, engine, lambda service: service.create(email=ADA["email"], name=None)
            )

    run(test)


def test_stale_version_is_a_conflict_even_if_the_row_is_in_the_session(
    snippet: ModuleType, run: Run
) -> None:
    async def test(engine: AsyncEngine) -> None:
        await in_unit(snippet, engine, lambda service: service.create(**ADA))

        async def work(service: Any) -> None:
            seen = await service.get(1)
            assert seen.version == 1
            await in_unit(snippet, engine, lambda other: other.update(1, 1, **FIRST))
            with pytest.raises(snippet.ConflictError, match=r"^version$"):
                await service.update(1, 1, **BOB)
            again = await service.get(1)
            assert (again.name, again.version) == ("Ada L.", 2)
            with pytest.raises(snippet.ConflictError, match=r"^version$"):
                await service.update(1, 1, **BOB)
            assert (again.name, again.version) == ("Ada L.", 2)

        await in_unit(snippet, engine, work)

    run(test)


def test_of_two_updates_at_once_one_waits_and_is_told(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        await in_unit(snippet, engine, lambda service: service.create(**ADA))

        def update(name: str) -> Awaitable[object]:
            return in_unit(
                snippet, engine, lambda service: service.update(1, 1, **{**ADA, "name": name})
            )

        outcomes = await asyncio.gather(*map(update, "abcd"), return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, snippet.ConflictError)]
        (done,) = [outcome for outcome in outcomes if isinstance(outcome, snippet.Customer)]
        assert len(refused) == 3
        found = await in_unit(snippet, engine, lambda service: service.get(1))
        assert (found.name, found.version) == (done.name, 2)

    run(test)


def test_service_leaves_the_commit_to_its_caller(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            await snippet.CustomerService(session).create(**ADA)
            assert session.in_transaction()
        assert await stored(engine) == []

    run(test)


def test_refused_row_breaks_the_session_without_a_savepoint(snippet: ModuleType, run: Run) -> None:
    async def test(engine: AsyncEngine) -> None:
        await in_unit(snippet, engine, lambda service: service.create(**ADA))
        async with AsyncSession(engine) as session:
            session.add(snippet.Customer(email=ADA["email"], name="Twin"))
            with pytest.raises(IntegrityError):
                await session.flush()
            with pytest.raises(InvalidRequestError):
                await session.get(snippet.Customer, 1)

    run(test)
