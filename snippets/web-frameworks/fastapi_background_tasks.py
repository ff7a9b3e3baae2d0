import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, Body, Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
new_session = async_sessionmaker(engine)
logger = logging.getLogger(__name__)
SECONDS = 30

ORDER = text("INSERT INTO orders (product) VALUES (:product) RETURNING id")
COUNT = text("""
    INSERT INTO sales (product, sold) SELECT product, 1 FROM orders WHERE id = :id
    ON CONFLICT (product) DO UPDATE SET sold = sales.sold + 1
""")


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session.begin() as session:
        yield session


# scope="function": the commit comes before the answer, and so before the task.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def count_sale(order_id: int) -> None:  # for a chart that may be a little low
    try:
        async with asyncio.timeout(SECONDS), new_session.begin() as session:
            await session.execute(COUNT, {"id": order_id})
    except Exception:  # it would end the tasks after this one
        logger.exception("Order %s is not in the chart", order_id)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/orders", status_code=201)
async def place_order(
    product: Annotated[str, Body(embed=True, min_length=1)],
    session: SessionDep,
    tasks: BackgroundTasks,
) -> dict[str, int]:
    order_id = (await session.execute(ORDER, {"product": product})).scalar_one()
    tasks.add_task(count_sale, order_id)  # an id, not the session nor what it loaded
    return {"id": order_id}
