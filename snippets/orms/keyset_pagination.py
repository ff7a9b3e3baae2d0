import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, Index, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index("ix_invoices_page", Invoice.account_id, Invoice.issued_at, Invoice.id)


class CursorError(ValueError):
    pass


@dataclass
class Page:
    invoices: Sequence[Invoice]
    next_cursor: str | None


def encode(last: Invoice) -> str:
    return urlsafe_b64encode(json.dumps([last.issued_at.isoformat(), last.id]).encode()).decode()


def decode(cursor: str) -> tuple[datetime, int]:
    try:
        issued_at, number = json.loads(urlsafe_b64decode(cursor))
        position = datetime.fromisoformat(issued_at), int(number)
    except (ValueError, TypeError) as error:
        raise CursorError(cursor) from error
    if not 0 < position[1] < 2**31:  # more would be an error of the database
        raise CursorError(cursor)
    return position


async def newest_invoices(
    session: AsyncSession, account_id: int, cursor: str | None = None, size: int = 50
) -> Page:
    query = select(Invoice).where(Invoice.account_id == account_id)
    if cursor is not None:
        # One comparison of the pair: the index finds the place, the id decides between equal times.
        query = query.where(tuple_(Invoice.issued_at, Invoice.id) < decode(cursor))
    query = query.order_by(Invoice.issued_at.desc(), Invoice.id.desc()).limit(size + 1)
    found = (await session.scalars(query)).all()
    page = found[:size]  # the one more only tells that there is a next page
    return Page(page, encode(page[-1]) if len(found) > size else None)
