import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
    CREATE TABLE IF NOT EXISTS articles (
        name TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS orders (
        id INTEGER PRIMARY KEY, article TEXT NOT NULL REFERENCES articles, count INTEGER NOT NULL
    ) STRICT;
"""


class SoldOutError(Exception):
    pass


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(
        os.environ["DATABASE_PATH"],
        timeout=10,  # how long a writer waits for the writer before it
        autocommit=True,  # no BEGIN behind our back
    )
    connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
    connection.execute("PRAGMA foreign_keys = ON")  # not kept: each connection says it
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, mode: str) -> Iterator[None]:
    connection.execute(f"BEGIN {mode}")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def order(connection: sqlite3.Connection, article: str, count: int) -> int:
    # IMMEDIATE waits here for other writers; a plain BEGIN would fail at the UPDATE instead.
    with transaction(connection, "IMMEDIATE"):
        query = "SELECT stock FROM articles WHERE name = ?"
        (stock,) = connection.execute(query, [article]).fetchone() or (0,)
        if stock < count:
            raise SoldOutError(article)
        connection.execute("UPDATE articles SET stock = ? WHERE name = ?", [stock - count, article])
        statement = "INSERT INTO orders (article, count) VALUES (?, ?) RETURNING id"
        ((order_id,),) = connection.execute(statement, [article, count]).fetchall()
        return int(order_id)


def totals(connection: sqlite3.Connection) -> tuple[int, int]:
    with transaction(connection, "DEFERRED"):  # both queries see the same state
        (stock,) = connection.execute("SELECT total(stock) FROM articles").fetchone()
        (sold,) = connection.execute("SELECT total(count) FROM orders").fetchone()
    return int(stock), int(sold)


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    connection.execute("VACUUM INTO ?", [str(target)])  # copying the file would miss the WAL
