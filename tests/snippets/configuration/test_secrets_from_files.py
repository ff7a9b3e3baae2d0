"""A password that is replaced in its file is used by the next connection, without a restart."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import redis

from tests.snippets.loading import loaded, snippet_path

USER = "orders-of-test-secrets-from-files"


class Mounted:
    """A folder of secrets as Kubernetes mounts it: links that are swapped at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = 0

    def replace(self, **secrets: str) -> None:
        self.version += 1
        version = self.folder / f"..{self.version}"
        version.mkdir()
        fresh = self.folder / "..fresh"
        fresh.symlink_to(version.name)
        for name, value in secrets.items():
            (version / name).write_text(value, encoding="utf-8")
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(Path("..data") / name)
        fresh.replace(self.folder / "..data")


@pytest.fixture(autouse=True)
def mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_url: str, valkey_url: str
) -> Mounted:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("REDIS_URL", valkey_url)
    monkeypatch.setenv("REDIS_USER", USER)
    mounted = Mounted(tmp_path)
    mounted.replace(database_password="first\n", cache_password="first\n")
    return mounted


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[redis.Redis]:
    """Give the administrator's client; the user of the snippet is gone at the end."""
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        client.execute_command("ACL", "SETUSER", USER, "on", ">first", "~*", "+@all")
        try:
            yield client
        finally:
            client.execute_command("ACL", "DELUSER", USER)


def test_next_connection_to_the_cache_has_the_new_password(
    snippet: ModuleType, mounted: Mounted, valkey: redis.Redis
) -> None:
    with snippet.cache as cache:
        cache.set("order", "tea")
        valkey.execute_command("ACL", "SETUSER", USER, "<first", ">second")
        assert cache.get("order") == b"tea"  # connections that are open stay
        valkey.execute_command("CLIENT", "KILL", "USER", USER)
        with pytest.raises(redis.AuthenticationError):
            cache.get("order")
        mounted.replace(database_password="second\n", cache_password="second\n")
        assert cache.get("order") == b"tea"


def test_next_connection_to_the_database_has_the_new_password(
    snippet: ModuleType, mounted: Mounted
) -> None:
    assert snippet.pool.closed  # to import it opens nothing
    with snippet.pool as pool:
        pool.wait()
        with pool.connection() as connection:
            assert connection.info.password == "first"
        mounted.replace(database_password="second", cache_password="second")
        with pool.connection() as connection:
            assert connection.info.password == "first"
        pool.drain()
        with pool.connection() as connection:
            assert connection.info.password == "second"
    assert pool.max_lifetime == 900


@pytest.mark.parametrize("name", ["database_password", "cache_password"])
def test_missing_and_empty_files_are_found_at_the_start(
    snippet: ModuleType, mounted: Mounted, tmp_path: Path, name: str
) -> None:
    snippet.check_secrets()
    both = {"database_password": "x", "cache_password": "x"}
    mounted.replace(**{**both, name: "\n"})
    with pytest.raises(ValueError, match=f"{name} is empty"):
        snippet.check_secrets()
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        snippet.check_secrets()


def test_only_the_last_line_break_is_no_part_of_the_secret(
    snippet: ModuleType, mounted: Mounted
) -> None:
    mounted.replace(database_password=" pässword \n\n", cache_password="x")
    assert snippet.secret("database_password") == " pässword \n"


def test_usual_folder_is_that_of_docker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRETS_DIR")
    with loaded(snippet_path(request.path)) as module:
        assert str(module.SECRETS) == "/run/secrets"
