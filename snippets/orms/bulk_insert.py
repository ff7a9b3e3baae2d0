from collections.abc import Iterable
from datetime import datetime
from itertools import batched
from typing import TypedDict

from sqlalchemy import DateTime, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Reading(Base):
    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    sensor: Mapped[str]
    taken_at: Mapped[datetime]
    value: Mapped[float | None]


class ReadingRow(TypedDict):
    sensor: str
    taken_at: datetime
    value: float | None


BATCH = 5_000  # rows that are in memory at once


async def insert_with_ids(session: AsyncSession, rows: Iterable[ReadingRow]) -> list[int]:
    # RETURNING makes SQLAlchemy write up to 1000 rows into one INSERT.
    statement = insert(Reading).returning(Reading.id, sort_by_parameter_order=True)
    ids: list[int] = []
    for batch in batched(rows, BATCH):
        ids += await session.scalars(statement, batch, execution_options={"render_nulls": True})
    return ids


async def copy(session: AsyncSession, rows: Iterable[ReadingRow]) -> None:
    # One stream instead of statements, but without ids and without ON CONFLICT.
    connection = (await (await session.connection()).get_raw_connection()).driver_connection
    assert connection is not None
    statement = "COPY readings (sensor, taken_at, value) FROM STDIN"
    async with connection.cursor().copy(statement) as copy:
        for row in rows:
            await copy.write_row((row["sensor"], row["taken_at"], row["value"]))
