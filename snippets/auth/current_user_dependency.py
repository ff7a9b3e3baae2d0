import os
from dataclasses import dataclass
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

ISSUER = "https://accounts.example.com"
AUDIENCE = "https://invoices.example.com"

key = os.environ["JWT_KEY"]
bearer = HTTPBearer()  # answers 401 by itself when the header is missing


@dataclass(frozen=True)
class User:
    id: int
    scopes: frozenset[str]


def read_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> User:
    try:
        claims = jwt.decode(
            credentials.credentials,
            key,
            algorithms=["HS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["sub", "exp"]},
        )
        return User(int(claims["sub"]), frozenset(claims.get("scope", "").split()))
    except (jwt.InvalidTokenError, ValueError) as error:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise HTTPException(401, "Invalid token", challenge) from error


def permitted_user(needed: SecurityScopes, user: Annotated[User, Depends(read_user)]) -> User:
    if not user.scopes.issuperset(needed.scopes):
        challenge = f'Bearer error="insufficient_scope", scope="{needed.scope_str}"'
        raise HTTPException(403, "Not permitted", {"WWW-Authenticate": challenge})
    return user


CurrentUser = Annotated[User, Security(permitted_user)]
InvoiceReader = Annotated[User, Security(permitted_user, scopes=["invoices:read"])]
InvoiceWriter = Annotated[User, Security(permitted_user, scopes=["invoices:write"])]

app = FastAPI()


@app.get("/me")
def read_me(user: CurrentUser) -> dict[str, int]:
    return {"id": user.id}


@app.get("/invoices")
def list_invoices(user: InvoiceReader) -> list[str]:
    return [f"invoices of account {user.id}"]


@app.post("/invoices", status_code=201)
def create_invoice(user: InvoiceWriter) -> str:
    return f"invoice by account {user.id}"
