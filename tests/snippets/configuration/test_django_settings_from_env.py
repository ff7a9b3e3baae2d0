"""Django starts on what the environment says, and on nothing that is missing or misspelt."""

from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from sqlalchemy import make_url

from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import ran

CONNECT = """
import django
django.setup()
from django.core.cache import cache
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    cache.set("database", cursor.fetchone()[0])
print(cache.get("database"))
"""
GOOD = {
    "SECRET_KEY": "a key",
    "ALLOWED_HOSTS": "shop.example.com,www.example.com",
    "DATABASE_URL": "postgresql://shop@db.example.com:5433/shop?sslmode=require",
    "DATABASE_PASSWORD": "p@ss/w?rd#%",
    "CACHE_URL": "redis://cache.example.com:6379/1",
}
type Load = Callable[..., ModuleType]


@pytest.fixture
def load(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Give the function that imports the settings with a changed environment."""

    def load(**changed: str | None) -> ModuleType:
        for name, value in {**GOOD, **changed}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        with ExitStack() as stack:
            return stack.enter_context(loaded(snippet_path(request.path)))

    return load


def test_values_arrive_typed(load: Load) -> None:
    settings = load()
    assert (settings.SECRET_KEY, settings.DEBUG) == ("a key", False)
    assert settings.ALLOWED_HOSTS == ["shop.example.com", "www.example.com"]
    database = settings.DATABASES["default"]
    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.example.com",
        "PORT": 5433,
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": "p@ss/w?rd#%",
        "OPTIONS": {"sslmode": "require"},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    assert load(CONN_MAX_AGE="0").DATABASES["default"]["CONN_MAX_AGE"] == 0


def test_django_connects_with_them(
    snippet_file: Path, tmp_path: Path, postgresql_url: str, valkey_url: str
) -> None:
    url = make_url(postgresql_url)
    env = {
        **GOOD,
        "DATABASE_URL": url.set(password=None).render_as_string(),
        "DATABASE_PASSWORD": url.password or "",
        "CACHE_URL": valkey_url,
        "PYTHONPATH": str(snippet_file.parent),
        "DJANGO_SETTINGS_MODULE": snippet_file.stem,
    }
    result = ran(["python", "-c", CONNECT], tmp_path, env)
    assert (result.returncode, result.stdout) == (0, f"{url.database}\n"), result.stderr


@pytest.mark.parametrize("name", GOOD)
def test_missing_variable_stops_the_start_by_name(load: Load, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        load(**{name: None})


def test_switch_is_true_or_false(load: Load) -> None:
    read = [load(DEBUG=value).DEBUG for value in ("true", "True", "FALSE", "false")]
    assert read == [True, True, False, False]


@pytest.mark.parametrize("value", ["ture", "", "1", "maybe"])
def test_switch_is_nothing_else(load: Load, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DEBUG must be true or false$"):
        load(DEBUG=value)


def test_secret_is_read_from_its_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("$ecrét key \n", encoding="utf-8")
    assert load(SECRET_KEY=None, SECRET_KEY_FILE=str(file)).SECRET_KEY == "$ecrét key "
    assert load(SECRET_KEY_FILE=str(file)).SECRET_KEY == "$ecrét key "
    file.unlink()
    with pytest.raises(FileNotFoundError):
        load(SECRET_KEY_FILE=str(file))


def test_leading_dollar_is_part_of_the_secret(load: Load) -> None:
    settings = load(SECRET_KEY="$ecret", DATABASE_PASSWORD="$ecret")
    assert (settings.SECRET_KEY, settings.DATABASES["default"]["PASSWORD"]) == ("$ecret", "$ecret")


def test_what_django_environ_does_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environ: Any = import_module("environ")  # it has no types
    env = environ.Env()
    monkeypatch.setenv("KEY", "$ecret")
    with pytest.raises(ImproperlyConfigured, match="Set the ecret environment variable"):
        env("KEY")
    monkeypatch.setenv("DEBUG", "ture")
    assert env.bool("DEBUG", default=True) is False
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:p@ss/w?rd@db.example.com/shop")
    broken = env.db("DATABASE_URL")
    assert (broken["HOST"], broken["NAME"]) == ("ss", "w")
    (tmp_path / "key").write_text("a key\n", encoding="utf-8")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert environ.FileAwareEnv()("SECRET_KEY") == "a key\n"
