import hashlib
import hmac
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader
from psycopg_pool import ConnectionPool

SCHEMA = """
CREATE TABLE api_keys (
    id text PRIMARY KEY,
    account_id bigint NOT NULL,
    digest bytea NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz
)
"""
PREFIX = "shop_live_"  # secret scanners and your support know the key by it

pool = ConnectionPool(os.environ["DATABASE_URL"], open=False)
header = APIKeyHeader(name="X-API-Key")


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()  # enough for 32 random bytes


def create_key(account_id: int) -> str:
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    insert = "INSERT INTO api_keys (id, account_id, digest) VALUES (%s, %s, %s)"
    with pool.connection() as connection:
        connection.execute(insert, [key_id, account_id, digest(secret)])
    return f"{PREFIX}{key_id}_{secret}"  # shown once


def revoke_key(key_id: str) -> None:
    revoke = "UPDATE api_keys SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL"
    with pool.connection() as connection:
        connection.execute(revoke, [key_id])


def calling_account(key: Annotated[str, Depends(header)]) -> int:
    key_id, _, secret = key.removeprefix(PREFIX).partition("_")
    find = "SELECT account_id, digest FROM api_keys WHERE id = %s AND revoked_at IS NULL"
    touch = """UPDATE api_keys SET last_used_at = now() WHERE id = %s
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"""
    with pool.connection() as connection:
        row = connection.execute(find, [key_id]).fetchone()
        if row is None or not hmac.compare_digest(digest(secret), row[1]):
            raise HTTPException(401, "Invalid API key", {"WWW-Authenticate": "APIKey"})
        connection.execute(touch, [key_id])  # once a minute, not a write for every request
    return row[0]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    with pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/orders")
def list_orders(account_id: Annotated[int, Depends(calling_account)]) -> list[str]:
    return [f"orders of account {account_id}"]
