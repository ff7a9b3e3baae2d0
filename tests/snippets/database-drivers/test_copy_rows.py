"""Rows go in and out as a stream, whole or not at all, the newest price winning."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import psycopg
import pytest

TABLE = """
    CREATE TABLE prices (
        article text PRIMARY KEY, price numeric(10, 2) NOT NULL,
        stock integer NOT NULL, valid_from date NOT NULL
    )
"""
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
TEA, BREAD = ("tea", Decimal("4.20"), 12, JUNE), ("bread", Decimal("3.10"), 40_000, JUNE)


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(TABLE)
        yield connection


def stored(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT * FROM prices ORDER BY article").fetchall()


def test_rows_go_in_with_their_types(snippet: ModuleType, connection: psycopg.Connection) -> None:
    assert snippet.import_prices(connection, iter([TEA, BREAD])) == 2
    assert stored(connection) == [BREAD, TEA]


def test_newer_price_replaces_and_older_does_not(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    newer = ("tea", Decimal("4.50"), 3, JULY)
    assert snippet.import_prices(connection, [TEA]) == 1
    assert snippet.import_prices(connection, [newer]) == 1
    assert snippet.import_prices(connection, [TEA]) == 0
    assert snippet.import_prices(connection, [newer]) == 0
    assert stored(connection) == [newer]


@pytest.mark.parametrize("last", [0, 1])
def test_article_that_comes_twice_counts_once_with_its_newest_price(
    snippet: ModuleType, connection: psycopg.Connection, last: int
) -> None:
    newer = ("tea", Decimal("4.50"), 3, JULY)
    assert snippet.import_prices(connection, [newer, TEA] if last else [TEA, newer]) == 1
    assert stored(connection) == [newer]


def test_source_that_breaks_off_leaves_nothing(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    def broken() -> Iterator[tuple[Any, ...]]:
        yield TEA
        message = "the file ends in the middle"
        raise ValueError(message)

    with pytest.raises(ValueError, match="in the middle"):
        snippet.import_prices(connection, broken())
    assert stored(connection) == []
    assert snippet.import_prices(connection, [TEA]) == 1  # the connection still works


def test_row_that_is_refused_takes_all_others_along(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation, match="line 2"):
        snippet.import_prices(connection, [TEA, ("bread", None, 1, JUNE)])
    assert stored(connection) == []


def test_rows_are_sent_while_they_are_made(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    made = ((f"article {n}", Decimal(n), n, JUNE) for n in range(20_000))
    assert snippet.import_prices(connection, made) == 20_000
    count = "SELECT count(*), sum(price), sum(stock) FROM prices"
    assert connection.execute(count).fetchone() == (20_000, 199_990_000, 199_990_000)


def test_export_is_csv_in_order_from_the_date_on(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    quoted = ('say "tea"', Decimal("1.00"), 1, JULY)
    snippet.import_prices(connection, [("old", Decimal(1), 1, date(2026, 5, 31)), TEA, quoted])
    file = io.BytesIO()
    assert snippet.export_prices(connection, file, JUNE) == 2
    assert list(csv.reader(io.StringIO(file.getvalue().decode()))) == [
        ["article", "price", "stock", "valid_from"],
        ['say "tea"', "1.00", "1", "2026-07-01"],
        ["tea", "4.20", "12", "2026-06-01"],
    ]


def copied(connection: psycopg.Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def test_binary_copy_without_types_is_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ProtocolViolation, match="insufficient data"):
        copied(connection, "COPY prices FROM STDIN (FORMAT binary)", [TEA])


def test_plain_copy_stops_at_the_first_duplicate(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        copied(connection, "COPY prices FROM STDIN", [BREAD, TEA, TEA])
    assert stored(connection) == []
