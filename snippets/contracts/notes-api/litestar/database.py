"""The table of notes and the engine that reaches it."""

import os
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, String, Text, func, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The models of this service."""


class Note(Base):
    """A note; PostgreSQL numbers and dates it."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    title: Mapped[str] = mapped_column(String(80), unique=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def create_engine() -> AsyncEngine:
    """Give an engine for the database in the environment, with at most ten connections."""
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
    return create_async_engine(url, pool_size=10, max_overflow=0)
