import os

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()  # SECRET_KEY_FILE=/run/secrets/key is read instead of SECRET_KEY


def strict_bool(name: str, *, default: bool) -> bool:
    # env.bool reads "ture" as false without a word.
    value = os.environ.get(name, str(default)).lower()
    if value not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name} must be true or false")
    return value == "true"


def required(name: str) -> str:
    # Read apart from django-environ's casts: they take a leading $ for another variable's name.
    ...
