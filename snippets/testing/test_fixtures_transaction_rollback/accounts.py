import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)


class AccountIn(BaseModel):
    email: str


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:  # commits, or rolls back on an exception
        yield session


app = FastAPI()


@app.exception_handler(IntegrityError)
async def report_conflict(*_: object) -> JSONResponse:
    return JSONResponse({"detail": "This address has an account"}, 409)


@app.post("/accounts", status_code=201)
async def open_account(
    fields: AccountIn, session: Annotated[AsyncSession, Depends(get_session, scope="function")]
) -> dict[str, str]:
    session.add(Account(email=fields.email))
    return {"email": fields.email}
