from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from psycopg import Connection

type Price = tuple[str, Decimal, int, date]


def import_prices(connection: Connection, prices: Iterable[Price]) -> int:
    with connection.transaction(), connection.cursor() as cursor:
        # COPY knows no ON CONFLICT, so the rows go to a table of this transaction first.
        cursor.execute("CREATE TEMP TABLE incoming (LIKE prices) ON COMMIT DROP")
        with cursor.copy("COPY incoming FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["text", "numeric", "integer", "date"])  # binary converts nothing
            for price in prices:
                copy.write_row(price)
        cursor.execute("""
            INSERT INTO prices (article, price, stock, valid_from)
            SELECT DISTINCT ON (article) article, price, stock, valid_from
            FROM incoming ORDER BY article, valid_from DESC
            ON CONFLICT (article) DO UPDATE SET
                (price, stock, valid_from) = (EXCLUDED.price, EXCLUDED.stock, EXCLUDED.valid_from)
            WHERE prices.valid_from < EXCLUDED.valid_from
        """)
        return cursor.rowcount


def export_prices(connection: Connection, file: BinaryIO, since: date) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY (SELECT * FROM prices WHERE valid_from >= %s ORDER BY article) "
            "TO STDOUT (FORMAT csv, HEADER)",
            [since],
        ) as copy:
            file.writelines(copy)  # block by block
        return cursor.rowcount
