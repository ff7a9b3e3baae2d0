import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from psycopg_pool import ConnectionPool
from pwdlib import PasswordHash
from pydantic import BaseModel

ISSUER = AUDIENCE = "https://orders.example.com"
LIFETIME = timedelta(minutes=10)

key = os.environ["JWT_KEY"]  # made once by secrets.token_urlsafe(32)
pool = ConnectionPool(os.environ["DATABASE_URL"], open=False)
passwords = PasswordHash.recommended()
nobody = passwords.hash(secrets.token_urlsafe())


class Token(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = int(LIFETIME.total_seconds())


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    with pool:
        yield


app = FastAPI(lifespan=lifespan)
bearer = OAuth2PasswordBearer("token")


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response) -> Token:
    with pool.connection() as connection:
        query = "SELECT id, password_hash FROM accounts WHERE email = %s"
        row = connection.execute(query, [form.username]).fetchone()
    # An unknown address costs one verification too, or the pause would tell who has an account.
    account_id, password_hash = row or (None, nobody)
    if not passwords.verify(form.password, password_hash) or account_id is None:
        raise HTTPException(401, "Wrong address or password", {"WWW-Authenticate": "Bearer"})
    response.headers["Cache-Control"] = "no-store"
    expires = datetime.now(UTC) + LIFETIME
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(account_id), "exp": expires}
    return Token(access_token=jwt.encode(claims, key, "HS256"))


@app.get("/me")
def read_me(token: Annotated[str, Depends(bearer)]) -> dict[str, str]:
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["sub", "exp"]},
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"}) from error
    return {"account": claims["sub"]}
