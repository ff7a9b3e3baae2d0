import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hmac import compare_digest
from typing import Annotated

import asyncpg
import strawberry
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext, GraphQLRouter


class Context(BaseContext):
    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__()
        self.products = DataLoader(partial(load_products, pool))


Info = strawberry.Info[Context, None]


@strawberry.federation.type(keys=["sku"])
class Product:  # another subgraph owns its name and price
    sku: strawberry.ID
    in_stock: int

    @classmethod
    async def resolve_reference(cls, info: Info, sku: object) -> "Product | None":
        # Called for each representation; the loader makes one query of all of them.
        # Nobody has checked the key: a number would fail the whole batch.
        return await info.context.products.load(str(sku))


async def load_products(pool: asyncpg.Pool, skus: list[str]) -> Sequence[Product | None]:
    rows = await pool.fetch("SELECT sku, in_stock FROM stock WHERE sku = ANY($1)", skus)
    found = {row["sku"]: Product(sku=row["sku"], in_stock=row["in_stock"]) for row in rows}
    return [found.get(sku) for sku in skus]


async def router_only(router_token: Annotated[str, Header()] = "") -> None:
    if not compare_digest(router_token.encode(), os.environ["ROUTER_TOKEN"].encode()):
        raise HTTPException(401, "Ask the router")


async def context(request: Request) -> Context:
    return Context(request.state.pool)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as pool:
        yield {"pool": pool}


# The version is fixed here: the default rises with Strawberry, and the router must know it.
schema = strawberry.federation.Schema(types=[Product], federation_version="2.9")
graphql = GraphQLRouter(schema, context_getter=context, graphql_ide=None)
app = FastAPI(lifespan=lifespan)
app.include_router(graphql, prefix="/graphql", dependencies=[Depends(router_only)])
