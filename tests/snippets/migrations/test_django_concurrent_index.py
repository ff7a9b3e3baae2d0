"""Others write while the index is built, and a second attempt mends what the first left behind."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry
from tests.snippets.loading import snippet_path
from tests.snippets.processes import until

INITIAL = """
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                )),
                ("customer", models.TextField()),
                ("placed_at", models.DateTimeField(db_default=Now())),
            ],
        )
    ]
"""
MODELS = """
from django.db import models


class Order(models.Model):
    customer = models.TextField()
    placed_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="shop_order_customer_placed")
        ]
"""
HERE = "datname = current_database()"  # others may run on the same server
WAITING = f"SELECT pid FROM pg_stat_progress_create_index WHERE {HERE} AND phase LIKE 'waiting%'"
INSERT = "INSERT INTO shop_order (customer) VALUES ('Ada')"
VALID = (
    "SELECT indisvalid, pg_get_indexdef(indexrelid) LIKE '%(customer, placed_at DESC)' "
    "FROM pg_index WHERE indexrelid = to_regclass('shop_order_customer_placed')"
)


@pytest.fixture(scope="module")
def url(services: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the database of a Django project with the snippet as its second migration."""
    try:
        service = services.get("postgresql")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("project")
    migrations = folder / "shop" / "migrations"
    migrations.mkdir(parents=True)
    for package in (migrations, migrations.parent):
        (package / "__init__.py").touch()
    (migrations / "0001_initial.py").write_text(INITIAL, "utf-8")
    (migrations / "0002_index.py").symlink_to(snippet_path(Path(__file__)))
    (migrations.parent / "models.py").write_text(MODELS, "utf-8")
    with fresh_database(service.url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])
        import django  # noqa: PLC0415  # configured once, for this database
        from django.conf import settings  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        named = conninfo_to_dict(url)
        settings.configure(
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.postgresql",
                    "NAME": named["dbname"],
                    "USER": named["user"],
                    "PASSWORD": named.get("password", ""),
                    "HOST": named["host"],
                    "PORT": named["port"],
                }
            },
            INSTALLED_APPS=["shop"],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
        )
        django.setup()
        yield url
        connection.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, url: str) -> Iterator[psycopg.Connection]:
    """Give a connection beside Django's; the table has no index yet."""
    use_service(request, "postgresql")
    migrate("0001")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
    migrate("zero")


def migrate(target: str) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", "shop", target, verbosity=0)


def migrate_in_thread(target: str) -> None:
    from django.db import connection  # noqa: PLC0415

    try:
        migrate(target)
    finally:
        connection.close()


def test_index_is_built_and_removed(database: psycopg.Connection) -> None:
    migrate("0002")
    assert database.execute(VALID).fetchone() == (True, True)
    migrate("0001")
    assert database.execute(VALID).fetchone() is None


def test_migrations_and_models_agree(database: psycopg.Connection) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_others_write_while_the_index_waits_for_an_old_transaction(
    database: psycopg.Connection, url: str
) -> None:
    with ThreadPoolExecutor() as pool, psycopg.connect(url) as old:
        old.execute(INSERT)
        building = pool.submit(migrate_in_thread, "0002")
        until(lambda: database.execute(WAITING).fetchone(), seconds=30)
        database.execute("SET lock_timeout = '5s'")
        database.execute(INSERT)
        assert not building.done()
        old.commit()
        building.result(timeout=60)
    assert database.execute(VALID).fetchone() == (True, True)


def test_plain_index_stops_others_while_it_waits(database: psycopg.Connection, url: str) -> None:
    with ThreadPoolExecutor() as pool, psycopg.connect(url) as old:
        old.execute(INSERT)
        building = pool.submit(create_plainly, url)
        blocked = f"SELECT pid FROM pg_stat_activity WHERE {HERE} AND wait_event_type = 'Lock'"
        until(lambda: database.execute(blocked).fetchone(), seconds=30)
        database.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            database.execute(INSERT)
        old.commit()
        building.result(timeout=60)


def create_plainly(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE INDEX ON shop_order (placed_at)")


def test_next_attempt_replaces_the_invalid_index(database: psycopg.Connection, url: str) -> None:
    with ThreadPoolExecutor() as pool, psycopg.connect(url) as old:
        old.execute(INSERT)
        building = pool.submit(migrate_in_thread, "0002")
        until(lambda: database.execute(WAITING).fetchone(), seconds=30)
        database.execute(f"SELECT pg_cancel_backend(pid) FROM ({WAITING}) AS waiting")
        with pytest.raises(Exception, match="canceling statement"):
            building.result(timeout=60)
        old.commit()
    assert database.execute(VALID).fetchone() == (False, True)
    migrate("0002")
    assert database.execute(VALID).fetchone() == (True, True)


def test_atomic_migration_is_refused(
    database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import InternalError  # noqa: PLC0415

    migration = import_module("shop.migrations.0002_index").Migration
    monkeypatch.setattr(migration, "atomic", True)
    with pytest.raises(InternalError, match="cannot run inside a transaction block"):
        migrate("0002")
