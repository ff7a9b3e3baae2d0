"""Make the tables: `python -m schema`."""

import asyncio

from database import Base, create_engine


async def create_tables() -> None:
    """Make the tables that are not there yet."""
    engine = create_engine()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(create_tables())
