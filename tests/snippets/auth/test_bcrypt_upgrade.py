"""Who logs in with a bcrypt hash has an Argon2id hash afterwards, and nobody is locked out."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import argon2
import bcrypt
import psycopg
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

ADA = "ada@example.com"
LONG = "a passphrase of many words " * 3


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE accounts (id bigint PRIMARY KEY, email text UNIQUE, password_hash text)"
        )
        yield connection


def old_hash(password: str, prefix: bytes = b"2b") -> str:
    """Give the hash that bcrypt before 5.0 made: of the first 72 bytes."""
    salt = bcrypt.gensalt(4, b"2a" if prefix == b"2a" else b"2b")
    made = bcrypt.hashpw(password.encode()[:72], salt)
    return made.replace(b"$2b$", b"$2y$").decode() if prefix == b"2y" else made.decode()


def store(connection: psycopg.Connection, password_hash: str) -> None:
    connection.execute("INSERT INTO accounts VALUES (7, %s, %s)", [ADA, password_hash])


def stored(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT password_hash FROM accounts WHERE id = 7").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("prefix", [b"2a", b"2b", b"2y"])
def test_first_login_replaces_the_hash(
    snippet: ModuleType, connection: psycopg.Connection, prefix: bytes
) -> None:
    store(connection, old_hash("correct horse", prefix))
    assert snippet.accounts_left(connection) == 1
    assert snippet.log_in(connection, ADA, "correct horse") == 7
    upgraded = stored(connection)
    assert argon2.extract_parameters(upgraded) == argon2.profiles.RFC_9106_LOW_MEMORY
    assert snippet.accounts_left(connection) == 0
    assert snippet.log_in(connection, ADA, "correct horse") == 7
    assert stored(connection) == upgraded
    assert snippet.log_in(connection, ADA, "wrong") is None


def test_wrong_password_changes_nothing(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    before = old_hash("correct horse")
    store(connection, before)
    assert snippet.log_in(connection, ADA, "Correct horse") is None
    assert stored(connection) == before


def test_only_the_account_that_logs_in_is_upgraded(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    same = old_hash("correct horse")
    store(connection, same)
    connection.execute("INSERT INTO accounts VALUES (8, 'eve@example.com', %s)", [same])
    assert snippet.log_in(connection, ADA, "correct horse") == 7
    assert snippet.accounts_left(connection) == 1


@pytest.mark.parametrize("password", [LONG, "é" * 37])
def test_password_over_72_bytes_still_logs_in_and_stays(
    snippet: ModuleType, connection: psycopg.Connection, password: str
) -> None:
    before = old_hash(password)
    store(connection, before)
    for _ in range(2):
        assert snippet.log_in(connection, ADA, password) == 7
        assert stored(connection) == before
    assert snippet.log_in(connection, ADA, "x" + password) is None


def test_password_of_72_bytes_is_upgraded(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    store(connection, old_hash("é" * 36))
    assert snippet.log_in(connection, ADA, "é" * 36) == 7
    assert snippet.accounts_left(connection) == 0


def test_argon2_reads_the_whole_of_a_long_password(
    snippet: ModuleType, connection: psycopg.Connection
) -> None:
    store(connection, snippet.passwords.hash(LONG))
    assert snippet.log_in(connection, ADA, LONG) == 7
    assert snippet.log_in(connection, ADA, LONG[:72]) is None


def test_password_changed_meanwhile_is_kept(
    snippet: ModuleType, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(connection, old_hash("correct horse"))
    chosen = snippet.passwords.hash("a new password")
    verify = BcryptHasher.verify

    def slow(self: BcryptHasher, *args: Any) -> bool:
        connection.execute("UPDATE accounts SET password_hash = %s", [chosen])
        return verify(self, *args)

    monkeypatch.setattr(BcryptHasher, "verify", slow)
    assert snippet.log_in(connection, ADA, "correct horse") == 7
    assert stored(connection) == chosen


def test_unknown_address_costs_a_verification_too(
    snippet: ModuleType, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = Argon2Hasher.verify

    def counting(self: Argon2Hasher, password: Any, hash: Any) -> bool:  # noqa: A002  # theirs
        checked.append(hash)
        return verify(self, password, hash)

    monkeypatch.setattr(Argon2Hasher, "verify", counting)
    assert snippet.log_in(connection, "eve@example.com", "correct horse") is None
    assert checked == [snippet.nobody]
    monkeypatch.setattr(snippet, "nobody", snippet.passwords.hash("guessed"))
    assert snippet.log_in(connection, "eve@example.com", "guessed") is None


def test_what_goes_wrong_without_the_branch_for_long_passwords() -> None:
    passwords = PasswordHash([Argon2Hasher(), BcryptHasher()])
    with pytest.raises(ValueError, match="72 bytes"):
        passwords.verify_and_update(LONG, old_hash(LONG))
    valid, newer = passwords.verify_and_update(LONG[:72], old_hash(LONG))
    assert valid
    assert newer is not None
    assert not passwords.verify(LONG, newer)
