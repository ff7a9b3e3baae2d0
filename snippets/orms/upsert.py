from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import TypedDict

from sqlalchemy import DateTime, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Price(Base):
    __tablename__ = "prices"

    sku: Mapped[str] = mapped_column(primary_key=True)
    cents: Mapped[int]
    changed_at: Mapped[datetime]
    stored_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PriceRow(TypedDict):
    sku: str
    cents: int
    changed_at: datetime


async def store_prices(session: AsyncSession, rows: Iterable[PriceRow]) -> Sequence[Price]:
    # One statement may touch a row once, so the newest of each SKU is taken.
    newest = {row["sku"]: row for row in sorted(rows, key=itemgetter("changed_at"))}
    if not newest:
        return []
    insertion = insert(Price)
    upsert = insertion.on_conflict_do_update(
        index_elements=[Price.sku],
        set_={
            "cents": insertion.excluded.cents,
            "changed_at": insertion.excluded.changed_at,
            "stored_at": func.now(),  # onupdate does not run here
        },
        where=Price.changed_at < insertion.excluded.changed_at,  # an old message changes nothing
    ).returning(Price)
    in_order = [newest[sku] for sku in sorted(newest)]  # or two imports at once can deadlock
    written = await session.scalars(upsert, in_order, execution_options={"populate_existing": True})
    return written.all()
