"""A time without a zone never reaches a column, and what is read is the same point in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from types import ModuleType

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text
from sqlalchemy.exc import SAWarning, StatementError
from sqlalchemy.orm import Session

from tests.snippets.loading import snippet_path

INDIA = timezone(timedelta(hours=5, minutes=30))
EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
NAIVE = EVENING.replace(tzinfo=None)


@pytest.fixture
def engine(snippet: ModuleType, postgresql_url: str) -> Iterator[Engine]:
    """Give an engine whose connections are in another zone, and one invoice of the evening."""
    kolkata = {"options": "-c timezone=Asia/Kolkata"}
    engine = create_engine(make_url(postgresql_url), connect_args=kolkata)
    snippet.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(snippet.Invoice(issued_at=EVENING.astimezone(INDIA)))
    yield engine
    engine.dispose()


def test_point_in_time_comes_back_in_utc(snippet: ModuleType, engine: Engine) -> None:
    with Session(engine) as session:
        invoice = session.get_one(snippet.Invoice, 1)
        assert (invoice.issued_at, invoice.issued_at.tzinfo) == (EVENING, UTC)
        assert invoice.paid_at is None
        invoice.paid_at = EVENING + timedelta(hours=1)
        session.commit()
        assert invoice.paid_at.isoformat() == "2026-11-21T21:00:00+00:00"


def test_naive_datetime_is_refused_in_rows_and_comparisons(
    snippet: ModuleType, engine: Engine
) -> None:
    with Session(engine) as session:
        session.add(snippet.Invoice(issued_at=NAIVE))
        with pytest.raises(StatementError, match="ValueError"):
            session.flush()
        session.rollback()
        with pytest.raises(StatementError, match="ValueError"):
            session.scalars(select(snippet.Invoice).where(snippet.Invoice.issued_at < NAIVE))
        later = EVENING + timedelta(seconds=1)
        found = session.scalars(select(snippet.Invoice).where(snippet.Invoice.issued_at < later))
        assert [invoice.id for invoice in found] == [1]


def test_column_is_a_timestamp_with_time_zone(engine: Engine) -> None:
    kinds = {column["name"]: column["type"] for column in inspect(engine).get_columns("invoices")}
    for name in ("issued_at", "paid_at"):
        assert getattr(kinds[name], "timezone") is True  # noqa: B009  # the stubs do not know it


def test_without_the_type_time_and_day_depend_on_the_connection(engine: Engine) -> None:
    with engine.begin() as connection:
        found = connection.execute(text("SELECT issued_at FROM invoices")).scalar_one()
        assert found == EVENING
        assert found.date() == date(2026, 11, 22)
        connection.execute(text("UPDATE invoices SET issued_at = :at"), {"at": NAIVE})
        found = connection.execute(text("SELECT issued_at FROM invoices")).scalar_one()
    assert found == EVENING - timedelta(hours=5.5)


def test_without_cache_ok_sqlalchemy_warns_and_does_not_cache(
    snippet: ModuleType, request: pytest.FixtureRequest
) -> None:
    source = snippet_path(request.path).read_text("utf-8")
    assert source.count("    cache_ok = True\n") == 1
    uncached = ModuleType("uncached")
    exec(source.replace("    cache_ok = True\n", ""), uncached.__dict__)

    def key(module: ModuleType) -> object:
        return (
            select(module.Invoice).where(module.Invoice.issued_at < EVENING)._generate_cache_key()
        )

    assert key(snippet) is not None
    with pytest.warns(SAWarning, match="will not produce a cache key"):
        assert key(uncached) is None
