import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import make_url, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
engine = create_async_engine(url)
new_session = async_sessionmaker(engine)

Int32 = Annotated[int, Field(ge=0, le=2**31 - 1)]  # more would fail in the database, as a 500


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]


class BookIn(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^[0-9]{13}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]


class BookOut(BookIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:  # commits at its end, rolls back on an exception
        yield session


# Without scope="function" FastAPI answers first and commits afterwards.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def find_book(book_id: Int32, session: SessionDep) -> Book:
    if (book := await session.get(Book, book_id)) is None:
        raise HTTPException(404, "No such book")
    return book


BookDep = Annotated[Book, Depends(find_book)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:  # a real service leaves the tables to Alembic
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.exception_handler(IntegrityError)
async def report_conflict(_request: Request, _error: IntegrityError) -> JSONResponse:
    # The unique ISBN is the only constraint that validated input can break.
    return JSONResponse({"detail": "A book with this ISBN exists"}, 409)


@app.get("/books", response_model=list[BookOut])
async def list_books(session: SessionDep, after: Int32 = 0) -> list[Book]:
    query = select(Book).where(Book.id > after).order_by(Book.id).limit(50)
    return list(await session.scalars(query))


@app.post("/books", response_model=BookOut, status_code=201)
async def create_book(fields: BookIn, session: SessionDep) -> Book:
    book = Book(**fields.model_dump())
    session.add(book)
    await session.flush()  # PostgreSQL gives the id now, and refuses a duplicate now
    return book


@app.get("/books/{book_id}", response_model=BookOut)
async def read_book(book: BookDep) -> Book:
    return book


@app.put("/books/{book_id}", response_model=BookOut)
async def replace_book(book: BookDep, fields: BookIn) -> Book:
    book.isbn, book.title = fields.isbn, fields.title
    return book


@app.delete("/books/{book_id}", status_code=204)
async def delete_book(book: BookDep, session: SessionDep) -> None:
    await session.delete(book)
