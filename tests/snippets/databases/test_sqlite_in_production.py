"""Writers wait for each other and lose nothing, readers wait for nobody, and values are checked."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "shop.sqlite"
    monkeypatch.setenv("DATABASE_PATH", str(path))
    return path


@pytest.fixture
def connection(path: Path, snippet: ModuleType) -> Iterator[sqlite3.Connection]:
    with closing(snippet.connect()) as connection:
        connection.executescript(snippet.SCHEMA)
        connection.execute("INSERT INTO articles VALUES ('tea', 100)")
        yield connection


@pytest.fixture
def other(connection: sqlite3.Connection, snippet: ModuleType) -> Iterator[sqlite3.Connection]:
    with closing(snippet.connect()) as other:
        other.execute("PRAGMA busy_timeout = 50")
        yield other


def test_connection_is_set_up(connection: sqlite3.Connection, snippet: ModuleType) -> None:
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": 2}
    for pragma, value in wanted.items():
        assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)
    assert not connection.in_transaction
    connection.executescript(snippet.SCHEMA)  # may run at every start


def test_order_takes_the_stock(connection: sqlite3.Connection, snippet: ModuleType) -> None:
    assert [snippet.order(connection, "tea", count) for count in (60, 40)] == [1, 2]
    assert snippet.totals(connection) == (0, 100)
    assert not connection.in_transaction


@pytest.mark.parametrize(("article", "count"), [("tea", 101), ("bread", 1)])
def test_order_beyond_the_stock_is_refused_and_the_file_is_free(
    connection: sqlite3.Connection,
    other: sqlite3.Connection,
    snippet: ModuleType,
    article: str,
    count: int,
) -> None:
    with pytest.raises(snippet.SoldOutError):
        snippet.order(connection, article, count)
    assert snippet.totals(connection) == (100, 0)
    snippet.order(other, "tea", 1)  # would meet a lock that was left behind


def test_failure_after_the_update_undoes_it(
    connection: sqlite3.Connection, snippet: ModuleType
) -> None:
    connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON orders BEGIN SELECT raise(FAIL, ''); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        snippet.order(connection, "tea", 1)
    assert snippet.totals(connection) == (100, 0)


def test_writers_at_the_same_time_lose_nothing(
    connection: sqlite3.Connection, snippet: ModuleType
) -> None:
    start = threading.Barrier(4)

    def buy() -> None:
        with closing(snippet.connect()) as own:
            start.wait()
            for _ in range(25):
                snippet.order(own, "tea", 1)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(buy) for _ in range(4)]:
            done.result()
    assert snippet.totals(connection) == (0, 100)


def test_deferred_transaction_fails_at_its_first_write(
    connection: sqlite3.Connection, other: sqlite3.Connection, snippet: ModuleType
) -> None:
    other.execute("PRAGMA busy_timeout = 60000")
    other.execute("BEGIN")
    other.execute("SELECT stock FROM articles").fetchone()
    snippet.order(connection, "tea", 1)
    start = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="database is locked") as refused:
        other.execute("UPDATE articles SET stock = 0")
    assert refused.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
    assert time.monotonic() - start < 30  # no waiting helps: its snapshot is old
    other.execute("ROLLBACK")


def test_reader_sees_the_old_state_while_a_writer_works(
    connection: sqlite3.Connection, other: sqlite3.Connection, snippet: ModuleType
) -> None:
    with snippet.transaction(connection, "IMMEDIATE"):
        connection.execute("UPDATE articles SET stock = 7")
        assert snippet.totals(other) == (100, 0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            snippet.order(other, "tea", 1)  # waited its 50 ms
    assert snippet.totals(other) == (7, 0)


def test_two_queries_of_a_reader_see_the_same_state(
    connection: sqlite3.Connection, other: sqlite3.Connection, snippet: ModuleType
) -> None:
    def sell(statement: str) -> None:
        if "FROM orders" in statement:
            snippet.order(other, "tea", 1)

    connection.set_trace_callback(sell)  # between the two queries
    assert snippet.totals(connection) == (100, 0)
    connection.set_trace_callback(None)
    assert snippet.totals(connection) == (99, 1)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO orders (article, count) VALUES ('bread', 1)", "FOREIGN KEY"),
        ("INSERT INTO articles VALUES ('bread', -1)", "CHECK"),
        ("INSERT INTO articles VALUES ('bread', 'many')", "cannot store TEXT value in INTEGER"),
        ("INSERT INTO orders (article, count) VALUES ('tea', 'many')", "cannot store TEXT value"),
    ],
)
def test_wrong_values_are_refused(
    connection: sqlite3.Connection, statement: str, error: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=error):
        connection.execute(statement)


def test_defaults_let_both_through(path: Path) -> None:
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("CREATE TABLE articles (name TEXT PRIMARY KEY, stock INTEGER)")
        plain.execute("CREATE TABLE orders (article TEXT REFERENCES articles)")
        plain.execute("INSERT INTO articles VALUES ('tea', 'many')")
        plain.execute("INSERT INTO orders VALUES ('bread')")
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_commit_of_the_driver_does_nothing_in_autocommit_mode(
    connection: sqlite3.Connection,
) -> None:
    connection.execute("BEGIN")
    connection.commit()
    assert connection.in_transaction
    connection.execute("ROLLBACK")


def test_backup_is_whole_and_a_copied_file_is_not(
    connection: sqlite3.Connection, snippet: ModuleType, path: Path, tmp_path: Path
) -> None:
    snippet.order(connection, "tea", 1)
    shutil.copy(path, tmp_path / "copied")
    snippet.back_up(connection, tmp_path / "saved")
    with closing(sqlite3.connect(tmp_path / "saved")) as saved:
        assert snippet.totals(saved) == (99, 1)
    with closing(sqlite3.connect(tmp_path / "copied")) as copied:
        assert copied.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        snippet.back_up(connection, tmp_path / "saved")
