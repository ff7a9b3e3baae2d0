from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict

from psycopg.errors import CheckViolation, UniqueViolation
from sqlalchemy import CheckConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoices"
    __table_args__ = (CheckConstraint("cents > 0", name="ck_invoices_cents"),)

    number: Mapped[str] = mapped_column(primary_key=True)
    cents: Mapped[int]


class InvoiceRow(TypedDict):
    number: str
    cents: int


@dataclass
class Report:
    stored: int = 0
    refused: dict[int, str | None] = field(default_factory=dict)  # line and broken constraint


async def import_invoices(session: AsyncSession, rows: Iterable[InvoiceRow]) -> Report:
    report = Report()
    for line, row in enumerate(rows, start=1):
        try:
            async with session.begin_nested():  # SAVEPOINT; rolled back alone on an exception
                session.add(Invoice(**row))
        except IntegrityError as error:  # caught outside, so that the savepoint ended
            if not isinstance(error.orig, CheckViolation | UniqueViolation):
                raise  # not the row's fault: the whole import fails
            report.refused[line] = error.orig.diag.constraint_name
        else:
            report.stored += 1
    return report
