from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from fastapi import FastAPI, Request
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.fastapi import GraphQLRouter


class Unavailable(Exception):  # noqa: N818 - its text is for the client
    pass


@strawberry.type
class Book:
    id: strawberry.ID
    title: str
    stock: int


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, dict[str, Book]]]:
    yield {"books": {"1": Book(id=strawberry.ID("1"), title="Dune", stock=2)}}


Info = strawberry.Info[dict[str, Request], None]  # the request is in every context


@strawberry.type
class Query:
    @strawberry.field
    async def book(self, info: Info, id: strawberry.ID) -> Book | None:  # noqa: A002 - the field
        books: dict[str, Book] = info.context["request"].state.books
        return books.get(id)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def sell(self, info: Info, id: strawberry.ID, copies: int = 1) -> Book:  # noqa: A002
        book: Book = info.context["request"].state.books[id]
        if not 0 < copies <= book.stock:
            message = f"{book.stock} copies are left"
            raise Unavailable(message)
        book.stock -= copies
        return book


def is_ours(error: GraphQLError) -> bool:
    # Refused queries have no original error; their text tells the client what to change.
    return not isinstance(error.original_error, Unavailable | None)


schema = strawberry.Schema(
    Query,
    Mutation,
    extensions=[
        lambda: QueryDepthLimiter(max_depth=6),
        lambda: MaxAliasesLimiter(max_alias_count=10),
        lambda: MaxTokensLimiter(max_token_count=500),
        lambda: MaskErrors(should_mask_error=is_ours),
    ],
)
app = FastAPI(lifespan=lifespan)
graphql = GraphQLRouter(schema, graphql_ide=None, allow_queries_via_get=False)
app.include_router(graphql, prefix="/graphql")
