import asyncio
import logging
import os
import sys

from alembic import context
from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.ext.asyncio import create_async_engine

from models import Base  # what this import does not reach looks like a deleted table

RUNNER_LOCK = 20_261_121  # any number, the same for every runner on this database

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")


def migrate(connection: Connection) -> None:
    if not connection.scalar(select(func.pg_try_advisory_lock(RUNNER_LOCK))):
        sys.exit("Another migration is running")
    connection.commit()  # the lock belongs to the session and outlives the transaction
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_online() -> None:
    settings = {"lock_timeout": "3s"}  # a waiting ALTER TABLE makes every later query wait
    engine = create_async_engine(url, connect_args={"server_settings": settings})
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=url,
        target_metadata=Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(migrate_online())
