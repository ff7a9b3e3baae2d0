import os
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Query
from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
app = FastAPI()
Status = Literal["open", "paid"]


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status]


class InvoiceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    status: Status


class Page[T](BaseModel):
    items: list[T]
    next: str | None  # begins with "?", so it is right behind every proxy


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelt filter would list everything

    status: Status | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=200)] = None

    def signer(self) -> URLSafeSerializer:  # another filter, another signature
        return URLSafeSerializer(os.environ["CURSOR_KEY"], salt=f"invoices/{self.status}")


@app.get("/invoices")
async def list_invoices(asked: Annotated[Asked, Query()]) -> Page[InvoiceOut]:
    query = select(Invoice).order_by(Invoice.id.desc()).limit(asked.limit + 1)
    if asked.status is not None:
        query = query.where(Invoice.status == asked.status)
    if asked.cursor is not None:
        try:
            query = query.where(Invoice.id < asked.signer().loads(asked.cursor))
        except BadData as error:
            raise HTTPException(400, "No cursor of this list; begin without one") from error
    async with AsyncSession(engine) as session:
        found = list(await session.scalars(query))
    page = [InvoiceOut.model_validate(invoice) for invoice in found[: asked.limit]]
    if len(found) <= asked.limit:  # the one more would tell that there is a next page
        return Page(items=page, next=None)
    cursor = asked.signer().dumps(page[-1].id)
    kept = asked.model_dump(exclude_none=True) | {"cursor": cursor}
    return Page(items=page, next=f"?{urlencode(kept)}")
