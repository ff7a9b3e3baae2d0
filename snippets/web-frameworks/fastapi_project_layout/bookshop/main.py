from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bookshop.authors.router import router as authors
from bookshop.books.router import router as books
from bookshop.database import Base, create_engine
from bookshop.settings import get_settings


class State(TypedDict):
    sessions: async_sessionmaker[AsyncSession]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    engine = create_engine(get_settings())
    async with engine.begin() as connection:  # until Alembic makes the tables
        await connection.run_sync(Base.metadata.create_all)
    yield {"sessions": async_sessionmaker(engine)}
    await engine.dispose()


app = FastAPI(title="Bookshop", lifespan=lifespan)
app.include_router(authors)
app.include_router(books)
