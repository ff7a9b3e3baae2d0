from fastapi import APIRouter

from bookshop.authors.models import Author
from bookshop.authors.schemas import AuthorIn, AuthorOut
from bookshop.dependencies import SessionDep

router = APIRouter(prefix="/authors", tags=["authors"])


@router.post("", response_model=AuthorOut, status_code=201)
async def create_author(fields: AuthorIn, session: SessionDep) -> Author:
    author = Author(**fields.model_dump())
    session.add(author)
    await session.flush()
    return author
