import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import CheckConstraint, ForeignKey, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(
    os.environ["DATABASE_URL"],  # postgresql:// means psycopg 3 since SQLAlchemy 2.1
    pool_size=5,
    max_overflow=5,  # all processes together must stay below max_connections
    pool_timeout=2,  # seconds to wait for a free connection; the default of 30 outlasts a request
    pool_pre_ping=True,  # a connection that died while it rested is replaced, not handed out
    pool_recycle=1800,  # before a firewall forgets it
    connect_args={
        "application_name": "orders",
        "connect_timeout": 2,
        "options": "-c statement_timeout=5s -c idle_in_transaction_session_timeout=10s",
    },
)
# Without expire_on_commit=False the attributes of a committed object can no longer be read.
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (CheckConstraint("stock >= 0"),)

    sku: Mapped[str] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("quantity > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey(Product.sku))
    quantity: Mapped[int]


async def place_order(sku: str, quantity: int) -> Order:
    # One unit of work: commits at its end, rolls back on an exception, gives the connection back.
    async with new_session.begin() as session:
        order = Order(sku=sku, quantity=quantity)
        session.add(order)
        taken = update(Product).where(Product.sku == sku).values(stock=Product.stock - quantity)
        await session.execute(taken)
    return order


async def get_order(order_id: int) -> Order | None:
    async with new_session() as session:  # only reads: nothing to commit
        return await session.get(Order, order_id)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:  # as Starlette and FastAPI take it
    try:
        yield
    finally:
        await engine.dispose()
