import os
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool
from redis import CredentialProvider, Redis

SECRETS = Path(os.environ.get("SECRETS_DIR", "/run/secrets"))


def secret(name: str) -> str:
    # Read at each use: the platform replaces the file while the process runs.
    return (SECRETS / name).read_text(encoding="utf-8").removesuffix("\n")


def database_password() -> dict[str, Any]:
    return {"password": secret("database_password")}


class CachePassword(CredentialProvider):
    def get_credentials(self) -> tuple[str, str]:
        return os.environ["REDIS_USER"], secret("cache_password")


# Both ask for the password whenever they open a connection.
pool = ConnectionPool(
    os.environ["DATABASE_URL"],
    kwargs=database_password,
    max_lifetime=15 * 60,  # then every connection has the new password
    open=False,
)
cache = Redis.from_url(os.environ["REDIS_URL"], credential_provider=CachePassword())


def check_secrets() -> None:
    # At the start: a missing file shall not wait for the first request.
    for name in ("database_password", "cache_password"):
        if not secret(name):
            message = f"{SECRETS / name} is empty"
            raise ValueError(message)
