from collections.abc import AsyncIterator

import pytest
from accounts import Account, Base, app, engine, new_session
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import select

ADA = {"email": "ada@example.com"}


@pytest.fixture(scope="session")
async def tables() -> AsyncIterator[None]:
    async with engine.begin() as connection:  # where there are migrations: alembic upgrade head
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


@pytest.fixture(autouse=True)
async def rolled_back(tables: None) -> AsyncIterator[None]:
    async with engine.connect() as connection:
        transaction = await connection.begin()
        new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield
        new_session.configure(bind=engine)
        await transaction.rollback()


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        yield client


async def emails() -> list[str]:
    async with new_session() as session:
        return list(await session.scalars(select(Account.email)))


@pytest.mark.parametrize("test", ["first", "second"])
async def test_account_is_stored(client: AsyncClient, test: str) -> None:
    answer = await client.post("/accounts", json=ADA)
    assert (answer.status_code, answer.json()) == (201, ADA)
    assert await emails() == ["ada@example.com"]  # also in the second test


async def test_refused_account_leaves_the_first_alone(client: AsyncClient) -> None:
    await client.post("/accounts", json=ADA)
    refused = await client.post("/accounts", json=ADA)
    assert refused.status_code == 409
    assert await emails() == ["ada@example.com"]
