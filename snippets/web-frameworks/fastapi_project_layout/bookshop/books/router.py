from collections.abc import Sequence

from fastapi import APIRouter, HTTPException

from bookshop.books import service
from bookshop.books.models import Book
from bookshop.books.schemas import BookIn, BookOut
from bookshop.dependencies import SessionDep, SettingsDep

router = APIRouter(prefix="/books", tags=["books"])


@router.get("", response_model=list[BookOut])
async def list_books(session: SessionDep, settings: SettingsDep) -> Sequence[Book]:
    return await service.first_books(session, settings.page_size)


@router.post("", response_model=BookOut, status_code=201)
async def create_book(fields: BookIn, session: SessionDep) -> Book:
    try:
        return await service.add_book(session, fields)
    except service.UnknownAuthorError:
        raise HTTPException(409, "No such author") from None
