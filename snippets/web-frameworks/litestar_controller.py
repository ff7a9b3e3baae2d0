from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated

from litestar import Controller, Litestar, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct


class BookIn(Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=200)]


class Book(BookIn):
    id: int


@dataclass
class Shelf:  # stands for your repository
    books: dict[int, Book] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


class BookController(Controller):
    path = "/books"
    tags = ("books",)

    @get()
    async def list_books(
        self,
        shelf: NamedDependency[Shelf],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> list[Book]:
        return list(shelf.books.values())[:limit]

    @post()
    async def create_book(self, data: JSONBody[BookIn], shelf: NamedDependency[Shelf]) -> Book:
        if any(book.title == data.title for book in shelf.books.values()):
            raise ClientException(detail="A book with this title exists", status_code=409)
        book = Book(title=data.title, id=next(shelf.numbers))
        shelf.books[book.id] = book
        return book

    @get("/{book_id:int}")
    async def read_book(self, book_id: FromPath[int], shelf: NamedDependency[Shelf]) -> Book:
        if (book := shelf.books.get(book_id)) is None:
            raise NotFoundException(detail="No such book")
        return book

    @delete("/{book_id:int}")
    async def delete_book(self, book_id: FromPath[int], shelf: NamedDependency[Shelf]) -> None:
        if shelf.books.pop(book_id, None) is None:
            raise NotFoundException(detail="No such book")


def create_app() -> Litestar:
    shelf = Shelf()
    provide = Provide(lambda: shelf, sync_to_thread=False)
    return Litestar([BookController], dependencies={"shelf": provide})
