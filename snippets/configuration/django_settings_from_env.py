import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env

env = Env()


def secret(name: str) -> str:
    # Not by env(name): that takes a leading $ for the name of another variable.
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    if name not in os.environ:
        message = f"Set {name} or {name}_FILE"
        raise ImproperlyConfigured(message)
    return os.environ[name]


def switch(name: str, *, default: bool) -> bool:
    # Not by env.bool(name): that takes "ture" for false without a word.
    value = os.environ.get(name, str(default)).lower()
    if value not in {"true", "false"}:
        message = f"{name} must be true or false"
        raise ImproperlyConfigured(message)
    return value == "true"


SECRET_KEY = secret("SECRET_KEY")
DEBUG = switch("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
# The URL holds no password, so none must be percent-encoded: postgresql://shop@db.example.com/shop
DATABASES = {
    "default": {
        **env.db("DATABASE_URL"),
        "PASSWORD": secret("DATABASE_PASSWORD"),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
CACHES = {"default": env.cache("CACHE_URL")}
