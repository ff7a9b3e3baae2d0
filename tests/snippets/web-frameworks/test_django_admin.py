"""The admin lists orders in a fixed number of queries and lets each user do what is permitted."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_test_environment,
    teardown_test_environment,
)
from psycopg.conninfo import conninfo_to_dict

from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry
from tests.snippets.loading import loaded, snippet_path

CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
PROCESSORS = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)
TEMPLATES = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": PROCESSORS},
}
URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""


def configure(app: str, url: str) -> None:
    database = conninfo_to_dict(url)
    settings.configure(
        SECRET_KEY="only for this test",
        ROOT_URLCONF="shop_urls",
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in CONTRIB), app],
        MIGRATION_MODULES=dict.fromkeys(CONTRIB),  # its tables, without the way there
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[TEMPLATES],
        STATIC_URL="static/",
        USE_TZ=True,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database.pop("dbname"),
                "OPTIONS": database,
            }
        },
    )
    django.setup()


@pytest.fixture(scope="module")
def snippet(services: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Give the snippet as the app of a project, imported once: a process configures Django once."""
    try:
        service = services.get("postgresql")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("project")
    path = snippet_path(Path(__file__))
    (folder / path.stem).mkdir()
    (folder / path.stem / "__init__.py").touch()
    (folder / "shop_urls.py").write_text(URLS, encoding="utf-8")
    with fresh_database(service.url) as url, pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        configure(path.stem, url)
        with loaded(path) as module:
            apps.get_app_config(path.stem).models_module = module
            call_command("check", fail_level="WARNING")
            call_command("migrate", run_syncdb=True, verbosity=0)
            setup_test_environment()  # answers know what their pages were made of
            yield module
            teardown_test_environment()
            connection.close()


@pytest.fixture(autouse=True)
def orders(request: pytest.FixtureRequest, snippet: ModuleType) -> Iterator[list[Any]]:
    """Have 120 orders of 60 customers, two thirds of them paid, until the end of the test."""
    use_service(request, "postgresql")
    with transaction.atomic():
        customers = snippet.Customer.objects.bulk_create(
            snippet.Customer(email=f"customer{number}@example.com") for number in range(60)
        )
        yield snippet.Order.objects.bulk_create(
            snippet.Order(
                number=f"A{number}",
                customer=customers[number % 60],
                status="paid" if number % 3 else "placed",
            )
            for number in range(120)
        )
        transaction.set_rollback(True)


def login(*permissions: str, superuser: bool = False) -> Client:
    """Give a client, logged in as a member of staff with these permissions."""
    from django.contrib.auth.models import Permission, User  # noqa: PLC0415  # see `snippet`

    user = User.objects.create(username="ada", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client() -> Client:
    """Give the client of a superuser."""
    return login(superuser=True)


def address(page: str) -> str:
    return f"/admin/{page.format(Path(__file__).stem.removeprefix('test_'))}"


def shown(client: Client, **asked: object) -> Any:
    """Give the list of orders as the page shows it."""
    answer = client.get(address("{}/order/"), asked)
    assert answer.status_code == 200
    return answer.context["cl"]


def ship(client: Client, orders: list[Any], **more: object) -> str:
    """Ship the orders by the action and give what the page then says."""
    chosen = [order.pk for order in orders]
    data = {"action": "ship", "_selected_action": chosen, **more}
    answer = client.post(address("{}/order/"), data, follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def states(snippet: ModuleType, orders: list[Any]) -> list[str]:
    found = snippet.Order.objects.in_bulk([order.pk for order in orders])
    return [found[order.pk].status for order in orders]


@pytest.mark.parametrize("asked", [{}, {"q": "A7"}, {"status": "paid"}, {"_facets": "True"}])
def test_list_takes_three_queries_whatever_is_asked(client: Client, asked: dict[str, str]) -> None:
    with CaptureQueriesContext(connection) as queries:
        shown(client, **asked)
    user, count, page = [query["sql"] for query in queries]
    assert "auth_user" in user
    assert "LIMIT 10000)" in count
    assert "ORDER BY" not in count
    assert 'INNER JOIN "django_admin_customer"' in page


def test_page_shows_fifty_orders_with_their_customers(client: Client) -> None:
    page = client.get(address("{}/order/"), {"p": 2})
    listed = page.context["cl"]
    assert (listed.result_count, len(listed.result_list)) == (120, 50)
    assert [order.number for order in listed.result_list][:2] == ["A69", "A68"]
    for text in ("A69", "customer9@example.com", "Paid"):
        assert f">{text}<" in page.text


def test_without_related_rows_each_costs_a_query(
    snippet: ModuleType, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet.OrderAdmin, "list_select_related", False)
    with CaptureQueriesContext(connection) as queries:
        shown(client)
    assert len(queries) == 3 + 50


def test_default_counts_the_whole_table_beside_what_was_found(
    snippet: ModuleType, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet.OrderAdmin, "show_full_result_count", True)
    with CaptureQueriesContext(connection) as queries:
        shown(client, q="A7")
    assert sum("COUNT(*)" in query["sql"] for query in queries) == 2


def test_count_ends_at_its_limit(snippet: ModuleType) -> None:
    customer = snippet.Customer.objects.first()
    snippet.Order.objects.bulk_create(
        snippet.Order(number=f"B{number}", customer=customer) for number in range(9_881)
    )
    assert snippet.Order.objects.get(number="B0").status == "placed"
    assert snippet.Order.objects.count() == 10_001
    assert snippet.CappedPaginator(snippet.Order.objects.order_by("pk"), 50).count == 10_000


def test_one_column_has_an_arrow_to_sort_by(client: Client) -> None:
    page = client.get(address("{}/order/"))
    assert re.findall(r"sortable column-(\w+)", page.text) == ["number"]


@pytest.mark.parametrize(("term", "found"), [("A7", ["A7"]), ("a7", []), ("A", [])])
def test_search_finds_the_whole_number_only(client: Client, term: str, found: list[str]) -> None:
    assert [order.number for order in shown(client, q=term).result_list] == found


def test_filter_is_by_status(client: Client) -> None:
    assert shown(client, status="paid").result_count == 80


def plan(queryset: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return str(queryset.explain())


@pytest.mark.parametrize(
    ("fields", "scan"),
    [(None, "Index"), (["^email"], "Seq Scan"), (["email"], "Seq Scan")],
    ids=["ours", "istartswith", "icontains"],
)
def test_search_for_a_customer_has_an_index(
    snippet: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    fields: list[str] | None,
    scan: str,
) -> None:
    from django.contrib import admin  # noqa: PLC0415  # see `snippet`

    known = admin.site.get_model_admin(snippet.Customer)
    if fields:
        monkeypatch.setattr(known, "search_fields", fields)
    found, _ = known.get_search_results(None, snippet.Customer.objects.all(), "customer7@")
    assert [one.email for one in found] == ["customer7@example.com"]
    assert scan in plan(found)


def test_number_is_searched_by_its_index_only_if_the_case_counts(snippet: ModuleType) -> None:
    assert "Index" in plan(snippet.Order.objects.filter(number__exact="A7"))
    assert "Seq Scan" in plan(snippet.Order.objects.filter(number__iexact="A7"))


def test_form_asks_for_customers_as_somebody_types(client: Client, orders: list[Any]) -> None:
    form = client.get(address(f"{{}}/order/{orders[7].pk}/change/"))
    assert form.text.count("customer7@example.com") == 1
    assert "customer8@example.com" not in form.text
    asked = {
        "app_label": "django_admin",
        "model_name": "order",
        "field_name": "customer",
        "term": "customer1",
    }
    found = client.get(address("autocomplete/"), asked).json()["results"]
    assert len(found) == 11
    assert {"id": str(orders[1].customer_id), "text": "customer1@example.com"} in found


def test_form_changes_the_note_and_nothing_that_is_read_only(
    snippet: ModuleType, client: Client, orders: list[Any]
) -> None:
    data = {
        "customer": orders[8].customer_id,
        "note": "Gift",
        "number": "stolen",
        "status": "shipped",
    }
    page = address(f"{{}}/order/{orders[7].pk}/change/")
    assert client.post(page, data).status_code == 302
    assert client.post(page, {"customer": orders[8].customer_id}).status_code == 302
    assert client.post(page, data).status_code == 302
    order = snippet.Order.objects.get(pk=orders[7].pk)
    assert (order.number, order.status, order.note) == ("A7", "paid", "Gift")
    assert order.customer_id == orders[8].customer_id


def test_not_even_a_superuser_adds_or_deletes(client: Client, orders: list[Any]) -> None:
    assert client.get(address("{}/order/add/")).status_code == 403
    assert client.post(address(f"{{}}/order/{orders[7].pk}/delete/")).status_code == 403
    page = client.get(address("{}/order/"))
    assert [name for name, _ in page.context["action_form"].fields["action"].choices] == [
        "",
        "ship",
    ]


def test_action_ships_what_is_paid_and_writes_it_down(
    snippet: ModuleType, client: Client, orders: list[Any]
) -> None:
    from django.contrib.admin.models import LogEntry  # noqa: PLC0415  # see `snippet`

    with CaptureQueriesContext(connection) as queries:
        assert ship(client, orders[:3]) == "2 orders shipped."
    assert states(snippet, orders[:4]) == ["placed", "shipped", "shipped", "placed"]
    entries = LogEntry.objects.order_by("object_repr")
    assert [(one.object_repr, one.get_change_message()) for one in entries] == [
        ("A1", "Shipped."),
        ("A2", "Shipped."),
    ]
    assert {(one.user.get_username(), one.action_flag) for one in entries} == {("ada", 2)}
    (locking,) = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert locking.endswith('FOR UPDATE OF "django_admin_order"')


def test_action_is_called_after_what_it_does(client: Client) -> None:
    page = client.get(address("{}/order/"))
    assert ("ship", "Ship paid orders") in page.context["action_form"].fields["action"].choices


def test_all_that_was_found_is_shipped_up_to_a_limit(
    snippet: ModuleType, client: Client, orders: list[Any]
) -> None:
    snippet.Order.objects.bulk_create(
        snippet.Order(number=f"B{number}", customer_id=orders[0].customer_id, status="paid")
        for number in range(421)
    )
    assert ship(client, orders[:1], select_across=1) == "500 orders shipped."
    assert snippet.Order.objects.filter(status="paid").count() == 1


def test_action_that_fails_changes_nothing(
    snippet: ModuleType, client: Client, orders: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(snippet.LogEntry.objects, "log_actions", fail)
    with pytest.raises(RuntimeError):
        ship(client, orders[:3])
    assert "shipped" not in states(snippet, orders)


def test_who_may_only_view_changes_nothing(snippet: ModuleType, orders: list[Any]) -> None:
    client = login("view_order")
    assert shown(client).result_count == 120
    assert ship(client, orders[:3]) == ""
    page = address(f"{{}}/order/{orders[7].pk}/change/")
    assert client.post(page, {"note": "Gift"}).status_code == 403
    assert states(snippet, orders[:3]) == ["placed", "paid", "paid"]
    asked = {"app_label": "django_admin", "model_name": "order", "field_name": "customer"}
    assert client.get(address("autocomplete/"), asked).status_code == 403


def test_who_may_ship_ships(snippet: ModuleType, orders: list[Any]) -> None:
    assert ship(login("view_order", "ship_order"), orders[:2]) == "1 orders shipped."
    assert states(snippet, orders[:2]) == ["placed", "shipped"]


def test_who_may_change_does_not_ship(snippet: ModuleType, orders: list[Any]) -> None:
    assert ship(login("view_order", "change_order"), orders[:2]) == ""
    assert states(snippet, orders[:2]) == ["placed", "paid"]


def test_who_is_not_staff_is_sent_to_the_login() -> None:
    answer = Client().get(address("{}/order/"))
    assert (answer.status_code, answer.url) == (
        302,
        address("login/?next=/admin/{}/order/"),
    )
