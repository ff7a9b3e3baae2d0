import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import strawberry
from fastapi import FastAPI, Request
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext, GraphQLRouter


class Context(BaseContext):
    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__()
        self.pool = pool
        # Made for each request: a loader keeps what it loaded for as long as it lives.
        self.customers = DataLoader(partial(load_customers, pool))


Info = strawberry.Info[Context, None]


@strawberry.type
class Customer:
    id: strawberry.ID
    name: str


@strawberry.type
class Order:
    id: strawberry.ID
    customer_id: strawberry.Private[int]

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        return await info.context.customers.load(self.customer_id)


async def load_customers(pool: asyncpg.Pool, ids: list[int]) -> Sequence[Customer | None]:
    rows = await pool.fetch("SELECT id, name FROM customers WHERE id = ANY($1)", ids)
    found = {row["id"]: Customer(id=row["id"], name=row["name"]) for row in rows}
    return [found.get(one) for one in ids]  # one for each id, in their order


@strawberry.type
class Query:
    @strawberry.field
    async def orders(self, info: Info, first: int = 20) -> list[Order]:
        query = "SELECT id, customer_id FROM orders ORDER BY id LIMIT $1"
        rows = await info.context.pool.fetch(query, min(max(first, 0), 100))
        return [Order(id=row["id"], customer_id=row["customer_id"]) for row in rows]


async def context(request: Request) -> Context:
    return Context(request.state.pool)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as pool:
        yield {"pool": pool}


app = FastAPI(lifespan=lifespan)
graphql = GraphQLRouter(strawberry.Schema(Query), context_getter=context, graphql_ide=None)
app.include_router(graphql, prefix="/graphql")
