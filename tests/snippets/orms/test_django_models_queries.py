"""Lists cost two queries whatever their length, and sums and counts are not multiplied by joins."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry
from tests.snippets.loading import loaded, snippet_path


@pytest.fixture(scope="module")
def snippet(services: Registry) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    try:
        service = services.get("postgresql")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    with fresh_database(service.url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        with loaded(snippet_path(Path(__file__))) as module:
            from django.apps import apps  # noqa: PLC0415  # the snippet configures Django first
            from django.core.management import call_command  # noqa: PLC0415
            from django.db import connection  # noqa: PLC0415

            apps.get_app_config(module.__name__).models_module = module
            call_command("check", fail_level="WARNING")
            call_command("migrate", run_syncdb=True, verbosity=0)
            yield module
            connection.close()


@pytest.fixture(autouse=True)
def _filled(request: pytest.FixtureRequest, snippet: ModuleType) -> Iterator[None]:
    """Have four customers: Ada paid 2 orders of 3 lines, Bob 1, Cy none; Di's has no line."""
    from django.db import transaction  # noqa: PLC0415  # see `snippet`

    use_service(request, "postgresql")
    with transaction.atomic():
        for name, orders in (("Ada", (True, True, False)), ("Bob", (True,)), ("Cy", (False,))):
            customer = snippet.Customer.objects.create(name=name, notes=f"Long notes on {name}")
            for paid in orders:
                order = snippet.Order.objects.create(customer=customer, paid=paid)
                for sku in ("milk", "tea", "bread"):
                    order.lines.create(sku=sku, quantity=2, cents=100)
        customer = snippet.Customer.objects.create(name="Di")
        snippet.Order.objects.create(customer=customer, paid=True)
        yield
        transaction.set_rollback(True)


def queries() -> Any:
    """Give a context that counts the queries inside of it."""
    from django.db import connection  # noqa: PLC0415  # see `snippet`
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    return CaptureQueriesContext(connection)


def test_newest_orders_are_two_queries_with_all_that_is_shown(snippet: ModuleType) -> None:
    with queries() as sent:
        shown = [
            (
                order.customer.name,
                order.paid,
                order.placed_at,
                [one.sku for one in order.lines.all()],
            )
            for order in snippet.newest_orders()
        ]
    assert [(name, paid) for name, paid, _, _ in shown] == [
        ("Di", True),
        ("Cy", False),
        ("Bob", True),
        ("Ada", False),
        ("Ada", True),
        ("Ada", True),
    ]
    assert shown[0][3] == []
    assert all(skus == ["bread", "milk", "tea"] for *_, skus in shown[1:])
    assert len(sent) == 2
    assert "notes" not in sent[0]["sql"]


def test_placing_decides_before_the_number(snippet: ModuleType) -> None:
    from django.db.models import F  # noqa: PLC0415  # see `snippet`
    from django.utils.timezone import timedelta  # noqa: PLC0415

    first, second, *_ = ids = list(
        snippet.Order.objects.order_by("pk").values_list("pk", flat=True)
    )
    snippet.Order.objects.filter(pk=first).update(placed_at=F("placed_at") + timedelta(1))
    same = snippet.Order.objects.get(pk=second).placed_at
    snippet.Order.objects.exclude(pk=first).update(placed_at=same)
    assert [order.pk for order in snippet.newest_orders()] == [first, *ids[:0:-1]]


def test_what_was_not_named_raises(snippet: ModuleType) -> None:
    from django.core.exceptions import FieldFetchBlocked  # noqa: PLC0415  # see `snippet`

    raising = snippet.Order.objects.fetch_mode(snippet.models.FETCH_RAISE)
    with queries() as sent, pytest.raises(FieldFetchBlocked):
        _ = raising[0].customer
    assert len(sent) == 1
    order = snippet.newest_orders()[0]
    with queries() as sent, pytest.raises(FieldFetchBlocked):
        _ = order.customer.notes
    assert len(sent) == 0


def test_fetch_mode_does_not_stop_a_reverse_relation(snippet: ModuleType) -> None:
    raising = snippet.Order.objects.fetch_mode(snippet.models.FETCH_RAISE).order_by("pk")
    orders = list(raising)
    with queries() as sent:
        assert [len(order.lines.all()) for order in orders] == [3, 3, 3, 3, 3, 0]
    assert len(sent) == 6


def test_without_help_each_row_costs_queries(snippet: ModuleType) -> None:
    with queries() as sent:
        for order in snippet.Order.objects.all():
            assert order.customer.name
            assert len(order.lines.all()) in {0, 3}
    assert len(sent) == 1 + 6 + 6


def test_filter_on_prefetched_lines_asks_the_database_again(snippet: ModuleType) -> None:
    orders = list(snippet.newest_orders())
    with queries() as sent:
        for order in orders:
            order.lines.all()
            list(order.lines.filter(sku="tea"))
    assert len(sent) == 6


def test_revenue_and_orders_are_right_together_in_one_query(snippet: ModuleType) -> None:
    with queries() as sent:
        found = [(one.name, one.paid_orders, one.revenue) for one in snippet.customers_by_revenue()]
    assert found == [("Ada", 2, 1200), ("Bob", 1, 600), ("Di", 1, 0)]
    assert len(sent) == 1


def test_customers_of_equal_revenue_keep_an_order(snippet: ModuleType) -> None:
    customers = [snippet.Customer(name=f"Customer {n}") for n in range(60)]
    snippet.Customer.objects.bulk_create(customers)
    orders = [snippet.Order(customer=customer, paid=True) for customer in customers]
    snippet.Order.objects.bulk_create(orders)
    snippet.OrderLine.objects.bulk_create(
        snippet.OrderLine(order=order, sku="tea", quantity=1, cents=n % 4)
        for n, order in enumerate(orders)  # so many that a sort moves equal ones
    )
    found = [(-one.revenue, one.pk) for one in snippet.customers_by_revenue()]
    assert found == sorted(found)


def test_count_without_distinct_counts_lines(snippet: ModuleType) -> None:
    from django.db.models import Count, Sum  # noqa: PLC0415  # see `snippet`

    both = snippet.Customer.objects.annotate(
        number=Count("orders"), quantity=Sum("orders__lines__quantity")
    )
    assert both.get(name="Ada").number == 9


def test_totals_are_those_of_paid_orders_and_zero_without_any(snippet: ModuleType) -> None:
    with queries() as sent:
        assert snippet.paid_totals() == {"orders": 3, "cents": 1800}
    assert len(sent) == 1
    snippet.Order.objects.update(paid=False)
    assert snippet.paid_totals() == {"orders": 0, "cents": 0}


def test_customer_with_orders_stays_and_lines_go_with_their_order(snippet: ModuleType) -> None:
    from django.db.models import ProtectedError  # noqa: PLC0415  # see `snippet`

    line = snippet.OrderLine.objects.first()
    with pytest.raises(ProtectedError):
        snippet.Customer.objects.filter(name="Ada").delete()
    snippet.Order.objects.filter(pk=line.order_id).delete()
    assert not snippet.OrderLine.objects.filter(pk=line.pk).exists()
