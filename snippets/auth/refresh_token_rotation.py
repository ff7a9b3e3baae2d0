import hashlib
import logging
import os
import secrets
from datetime import timedelta

from psycopg import Connection
from psycopg_pool import ConnectionPool

SCHEMA = """
CREATE TABLE logins (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    login_id bigint NOT NULL REFERENCES logins ON DELETE CASCADE,
    used boolean NOT NULL DEFAULT false
);
CREATE INDEX ON refresh_tokens (login_id);
"""
LOGIN_LASTS = timedelta(days=30)
log = logging.getLogger(__name__)
pool = ConnectionPool(os.environ["DATABASE_URL"], open=False)


class TokenRefusedError(Exception):
    pass


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # enough for 32 random bytes


def new_token(connection: Connection, login_id: int) -> str:
    token = secrets.token_urlsafe(32)
    insert = "INSERT INTO refresh_tokens (digest, login_id) VALUES (%s, %s)"
    connection.execute(insert, [digest(token), login_id])
    return token


def start_login(account_id: int) -> str:
    insert = "INSERT INTO logins (account_id, expires_at) VALUES (%s, now() + %s) RETURNING id"
    with pool.connection() as connection:
        (login_id,) = connection.execute(insert, [account_id, LOGIN_LASTS]).fetchall()[0]
        return new_token(connection, login_id)


def rotate(token: str) -> tuple[int, str]:
    find = """SELECT login_id, account_id FROM logins JOIN refresh_tokens ON login_id = logins.id
        WHERE digest = %s AND expires_at > now() FOR UPDATE OF logins"""
    use = "UPDATE refresh_tokens SET used = true WHERE digest = %s AND NOT used"
    with pool.connection() as connection:
        row = connection.execute(find, [digest(token)]).fetchone()
        if row is None:
            raise TokenRefusedError
        login_id, account_id = row
        if connection.execute(use, [digest(token)]).rowcount == 1:
            return account_id, new_token(connection, login_id)
        connection.execute("DELETE FROM logins WHERE id = %s", [login_id])
    # Only now: an error inside the block would roll the deletion back.
    log.warning("refresh token used twice: login %s of account %s ended", login_id, account_id)
    raise TokenRefusedError


def end_login(token: str) -> None:
    end = "DELETE FROM logins USING refresh_tokens WHERE login_id = logins.id AND digest = %s"
    with pool.connection() as connection:
        connection.execute(end, [digest(token)])
