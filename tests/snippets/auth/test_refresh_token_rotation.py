"""Each refresh token works once, its second use ends the login, also when both come at once."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.snippets.processes import until

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, postgresql_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)


@pytest.fixture
def database(postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def tokens(snippet: ModuleType, database: psycopg.Connection) -> Iterator[ModuleType]:
    """Give the snippet with its tables and an open pool."""
    database.execute(snippet.SCHEMA)
    with snippet.pool:
        yield snippet


def counted(database: psycopg.Connection, table: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return row[0]


def refused(tokens: ModuleType, token: str) -> bool:
    try:
        tokens.rotate(token)
    except tokens.TokenRefusedError:
        return True
    return False


def test_import_connects_to_nothing(snippet: ModuleType) -> None:
    assert snippet.pool.closed


def test_each_token_is_exchanged_for_the_next(
    tokens: ModuleType, database: psycopg.Connection
) -> None:
    first = tokens.start_login(42)
    account, second = tokens.rotate(first)
    assert account == 42
    account, third = tokens.rotate(second)
    assert account == 42
    assert len({first, second, third}) == 3
    assert counted(database, "logins") == 1
    assert counted(database, "refresh_tokens WHERE NOT used") == 1


def test_second_use_ends_this_login_and_no_other(
    tokens: ModuleType, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    other = tokens.start_login(42)
    stolen = tokens.start_login(42)
    _, newest = tokens.rotate(stolen)
    assert not caplog.messages
    assert refused(tokens, stolen)
    assert caplog.messages == ["refresh token used twice: login 2 of account 42 ended"]
    assert refused(tokens, newest)
    assert tokens.rotate(other)[0] == 42
    assert counted(database, "logins") == 1


def test_tokens_are_long_and_stored_as_digests_only(
    tokens: ModuleType, database: psycopg.Connection
) -> None:
    token = tokens.start_login(42)
    assert len(token) == 43
    ((stored,),) = database.execute("SELECT digest FROM refresh_tokens").fetchall()
    assert len(stored) == 32
    assert token.encode() not in stored
    assert refused(tokens, stored.hex())


def test_unknown_token_is_refused(tokens: ModuleType) -> None:
    tokens.start_login(42)
    assert refused(tokens, secrets.token_urlsafe(32))


def test_login_lasts_thirty_days_however_often_it_is_renewed(
    tokens: ModuleType, database: psycopg.Connection
) -> None:
    _, token = tokens.rotate(tokens.start_login(42))
    lasts = "extract(epoch FROM expires_at - now()) BETWEEN 2591900 AND 2592000"
    assert counted(database, f"logins WHERE {lasts}") == 1
    database.execute("UPDATE logins SET expires_at = now() + interval '1 minute'")
    _, token = tokens.rotate(token)
    database.execute("UPDATE logins SET expires_at = now() - interval '1 second'")
    assert refused(tokens, token)


def test_logout_ends_this_login_and_no_other(tokens: ModuleType) -> None:
    first, second = tokens.start_login(42), tokens.start_login(42)
    _, newest = tokens.rotate(first)
    tokens.end_login(first)
    assert refused(tokens, newest)
    assert tokens.rotate(second)[0] == 42
    tokens.end_login(newest)


def test_of_four_uses_at_once_one_wins_and_the_login_ends(
    tokens: ModuleType, database: psycopg.Connection
) -> None:
    token = tokens.start_login(42)
    barrier = Barrier(4)

    def use() -> str | None:
        barrier.wait()
        try:
            return tokens.rotate(token)[1]
        except tokens.TokenRefusedError:
            return None

    with ThreadPoolExecutor(4) as threads:
        got = [future.result() for future in [threads.submit(use) for _ in range(4)]]
    (winner,) = filter(None, got)
    assert refused(tokens, winner)
    assert counted(database, "logins") == counted(database, "refresh_tokens") == 0


def test_theft_noticed_during_a_rotation_waits_for_it(
    tokens: ModuleType, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without FOR UPDATE each would wait for the other, and PostgreSQL would abort one."""
    stolen = tokens.start_login(42)
    _, current = tokens.rotate(stolen)
    rotating = Event()

    def pause() -> None:
        rotating.set()
        until(lambda: waiting(database), 30)

    pause_in_token(tokens, monkeypatch, pause)
    with ThreadPoolExecutor(2) as threads:
        rotation = threads.submit(tokens.rotate, current)
        assert rotating.wait(30)
        thief = threads.submit(refused, tokens, stolen)
        _, newest = rotation.result()
        assert thief.result()
    assert refused(tokens, newest)


def test_login_ended_during_a_rotation_is_refused(
    tokens: ModuleType, database: psycopg.Connection, postgresql_url: str
) -> None:
    token = tokens.start_login(42)
    with ThreadPoolExecutor(1) as threads, psycopg.connect(postgresql_url) as ending:
        ending.execute("DELETE FROM logins")
        late = threads.submit(refused, tokens, token)
        until(lambda: waiting(database), 30)
        ending.commit()
        assert late.result()


def waiting(database: psycopg.Connection) -> bool:
    return database.execute(WAITING).fetchone() == (1,)


def pause_in_token(
    tokens: ModuleType, monkeypatch: pytest.MonkeyPatch, pause: Callable[[], None]
) -> None:
    """Let the next token be made only when the pause is over."""
    make: Any = secrets.token_urlsafe

    def late(length: int) -> str:
        pause()
        return make(length)

    monkeypatch.setattr(tokens.secrets, "token_urlsafe", late)


def test_index_finds_the_tokens_of_a_login(
    tokens: ModuleType, database: psycopg.Connection
) -> None:
    columns = database.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'refresh_tokens'")
    assert any("(login_id)" in definition for (definition,) in columns)
