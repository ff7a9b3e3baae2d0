import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt

ISSUER = "https://accounts.example.com"
AUDIENCE = "https://invoices.example.com"
ALGORITHM = "HS256"  # one service signs and checks; else ES256 and a public key
LIFETIME = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=10)

key = os.environ["JWT_KEY"]  # made once by secrets.token_urlsafe(32)
tokens = jwt.PyJWT(
    {
        "enforce_minimum_key_length": True,  # the default only warns
        "require": ["iss", "aud", "sub", "iat", "exp", "jti"],
    }
)


def issue(account_id: int, scopes: list[str]) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),  # a number is signed without complaint and refused later
        "iat": now,
        "exp": now + LIFETIME,
        "jti": str(uuid4()),
        "scope": " ".join(scopes),
    }
    return tokens.encode(claims, key, ALGORITHM)


def verify(token: str) -> dict[str, Any]:
    # Raises jwt.InvalidTokenError, whatever is wrong: answer 401.
    return tokens.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=CLOCK_SKEW,
    )
