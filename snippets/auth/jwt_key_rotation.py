import json
import os
import time
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt as jose
from joserfc.jwk import ECKey, KeySet

ISSUER = "https://accounts.example.com"
AUDIENCE = "https://invoices.example.com"
LIFETIME = 300  # seconds


# The issuer. The first key signs, all are published. To rotate: append a new key; after the
# checkers' caches have it, put it first; when the last token of the old key is over, drop that.
def new_signing_key() -> dict[str, Any]:
    parameters: Any = {"use": "sig", "alg": "ES256"}
    return dict(ECKey.generate_key("P-256", parameters, auto_kid=True).as_dict(private=True))


def load_keys() -> KeySet:
    return KeySet.import_key_set(json.loads(os.environ["SIGNING_KEYS"]))


def published(keys: KeySet) -> dict[str, Any]:  # the answer of /.well-known/jwks.json
    return dict(keys.as_dict(private=False))


def issue(keys: KeySet, account_id: int) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(account_id), "exp": now + LIFETIME}
    return jose.encode({"alg": "ES256", "kid": keys.keys[0].kid}, claims, keys.keys[0])


# The service that checks. It fetches the keys at the first token and keeps them for five minutes.
provider = jwt.PyJWKClient(os.environ["JWKS_URL"], lifespan=300, cooldown_duration=30, timeout=3)


def current_account(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        claims = jwt.decode(
            token.credentials,
            provider.get_signing_key_from_jwt(token.credentials),
            algorithms=["ES256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["sub", "exp"]},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise HTTPException(503, "Cannot check tokens now") from error
    except jwt.PyJWTError as error:  # an unknown kid is no InvalidTokenError
        raise HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"}) from error
    return claims["sub"]


app = FastAPI()


@app.get("/invoices")
def list_invoices(account: Annotated[str, Depends(current_account)]) -> list[str]:
    return [f"invoices of account {account}"]
