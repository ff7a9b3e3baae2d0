import os

from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

ISSUER = os.environ["OIDC_ISSUER"]
CLIENT_ID = os.environ["OIDC_CLIENT_ID"]
PUBLIC_URL = os.environ["PUBLIC_URL"]  # not from the request: its Host header is the caller's

company = OAuth().register(
    "company",
    client_id=CLIENT_ID,
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid email",
        "code_challenge_method": "S256",  # PKCE is off without it
        "timeout": 5,
    },
)
CLAIMS = {  # Authlib alone lets a token for another client pass if its azp is ours
    "iss": {"essential": True, "value": ISSUER},
    "aud": {"essential": True, "value": CLIENT_ID},
}

app = FastAPI()
app.add_middleware(
    SessionMiddleware,
    secret_key=os.environ["SESSION_KEY"],
    same_site="lax",  # "strict" would drop the state on the way back from the provider
    https_only=True,
    max_age=8 * 3600,
)


@app.get("/login")
async def log_in(request: Request) -> RedirectResponse:
    return await company.authorize_redirect(request, f"{PUBLIC_URL}/login/callback")


@app.get("/login/callback")
async def finish_login(request: Request) -> RedirectResponse:
    try:
        token = await company.authorize_access_token(request, claims_options=CLAIMS)
        user = token["userinfo"]  # the claims of the ID token, checked
    except (OAuthError, JoseError, KeyError) as error:
        raise HTTPException(400, "The login failed. Try again.") from error
    request.session.clear()
    request.session["account"] = [user["iss"], user["sub"]]  # an address can change hands
    return RedirectResponse("/me", 303)


@app.get("/me")
async def read_me(request: Request) -> dict[str, str]:
    if "account" not in request.session:
        raise HTTPException(401, "Not logged in")
    issuer, subject = request.session["account"]
    return {"issuer": issuer, "subject": subject}


@app.post("/logout", status_code=204)
async def log_out(request: Request) -> None:
    request.session.clear()
