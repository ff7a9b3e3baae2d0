from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.authors.models import Author
from bookshop.books.models import Book
from bookshop.books.schemas import BookIn


class UnknownAuthorError(Exception):
    pass


async def add_book(session: AsyncSession, fields: BookIn) -> Book:
    if await session.get(Author, fields.author_id) is None:
        raise UnknownAuthorError
    book = Book(**fields.model_dump())
    session.add(book)
    await session.flush()
    return book


async def first_books(session: AsyncSession, limit: int) -> Sequence[Book]:
    return (await session.scalars(select(Book).order_by(Book.id).limit(limit))).all()
