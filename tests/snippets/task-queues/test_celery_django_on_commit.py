"""The task is sent after the commit and only then, so the worker always finds the row."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry
from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import ran, until

MAIL = "ada@example.com"


@pytest.fixture(scope="module")
def snippet(services: Registry) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    try:
        database, broker = services.get("postgresql"), services.get("valkey")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    with fresh_database(database.url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        patch.setenv("REDIS_URL", broker.url)
        with loaded(snippet_path(Path(__file__))) as module:
            from django.core.management import call_command  # noqa: PLC0415  # set up by now
            from django.db import connection  # noqa: PLC0415

            call_command("migrate", run_syncdb=True, verbosity=0)
            yield module
            connection.close()


@pytest.fixture
def broker(request: pytest.FixtureRequest, snippet: ModuleType, valkey_url: str, store: Any) -> Any:
    use_service(request, "postgresql")
    snippet.app.conf.broker_url = valkey_url
    return store


def waiting(broker: Any) -> list[Any]:
    """Give what waits in the queue, the oldest first."""
    return [json.loads(raw)["headers"] for raw in reversed(broker.lrange("celery", 0, -1))]


@contextmanager
def noted(snippet: ModuleType) -> Iterator[list[tuple[str, bool]]]:
    """Give each statement that is sent from now on, and whether a transaction is open."""
    statements: list[tuple[str, bool]] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        statements.append((sql, context["connection"].in_atomic_block))
        return execute(sql, params, many, context)

    with snippet.transaction.get_connection().execute_wrapper(note):
        yield statements


def test_tasks_wait_for_the_outermost_commit(snippet: ModuleType, broker: Any) -> None:
    with snippet.transaction.atomic():
        order = snippet.place_order(MAIL)
        assert waiting(broker) == []
        before = datetime.now(UTC)
    after = datetime.now(UTC)
    confirm, review = waiting(broker)
    assert (confirm["task"], confirm["argsrepr"]) == ("shop.confirm_order", f"({order.pk},)")
    assert (review["task"], review["argsrepr"]) == ("shop.ask_for_review", f"({order.pk},)")
    assert confirm["eta"] is None
    assert before <= datetime.fromisoformat(review["eta"]) - timedelta(minutes=30) <= after


def test_rolled_back_order_sends_nothing(snippet: ModuleType, broker: Any) -> None:
    with snippet.transaction.atomic():
        order = snippet.place_order(MAIL)
        snippet.transaction.set_rollback(True)
    assert waiting(broker) == []
    assert not snippet.Order.objects.filter(pk=order.pk).exists()


def test_tasks_do_their_work_here_too(snippet: ModuleType, broker: Any) -> None:
    with noted(snippet) as statements:
        order = snippet.place_order(MAIL)
    [(insert, in_transaction)] = statements
    assert (insert[:6], in_transaction) == ("INSERT", True)
    assert order.confirmed_at is None
    with noted(snippet) as statements:
        snippet.confirm_order(order.pk)
    (_, (update, _)) = statements
    assert "email" not in update  # which may have changed since it was read
    assert snippet.Order.objects.get(pk=order.pk).confirmed_at is not None
    assert snippet.ask_for_review(order.pk) == "asked ada@example.com"


def test_worker_finds_the_row_and_does_not_if_the_task_is_sent_before(
    snippet: ModuleType, broker: Any, working: Any
) -> None:
    with working("--pool=solo") as worker:
        order = snippet.place_order(MAIL)
        until(lambda: snippet.Order.objects.get(pk=order.pk).confirmed_at, 30)
        with snippet.transaction.atomic():
            early = snippet.Order.objects.create(email=MAIL)
            snippet.confirm_order.delay(early.pk)
            worker.says("Order matching query does not exist")
    assert snippet.Order.objects.get(pk=early.pk).confirmed_at is None


def test_unreachable_broker_loses_the_task_of_an_order_that_stands(
    snippet: ModuleType, broker: Any, snippet_file: Path
) -> None:
    place = "import celery_django_on_commit as shop; shop.place_order('lost@example.com')"
    done = ran(["python", "-c", place], snippet_file.parent, {"REDIS_URL": "redis://127.0.0.1:1/0"})
    assert done.returncode == 1
    assert "kombu.exceptions.OperationalError" in done.stderr
    assert snippet.Order.objects.filter(email="lost@example.com").count() == 1
