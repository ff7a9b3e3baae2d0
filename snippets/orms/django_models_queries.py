# ruff: noqa: E402  # Django reads its settings while the imports below run
import os

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

database = conninfo_to_dict(os.environ["DATABASE_URL"])
settings.configure(
    INSTALLED_APPS=[__name__],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database.pop("dbname"),
            "OPTIONS": database,
        }
    },
)
django.setup()

from django.db import models
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum


class Customer(models.Model):
    name = models.CharField(max_length=200)
    notes = models.TextField(blank=True)


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    paid = models.BooleanField(default=False)
    placed_at = models.DateTimeField(auto_now_add=True)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField()


def newest_orders() -> QuerySet[Order]:
    return (
        Order.objects.select_related("customer")  # to one: joined in the same query
        .prefetch_related(Prefetch("lines", OrderLine.objects.order_by("sku")))  # to many: one more
        .only("paid", "placed_at", "customer__name")  # the notes stay in the database
        .fetch_mode(models.FETCH_RAISE)  # what is missing raises, instead of a query for each row
        .order_by("-placed_at", "-pk")
    )


def customers_by_revenue() -> QuerySet[Customer]:
    paid = Q(orders__paid=True)
    cents = F("orders__lines__quantity") * F("orders__lines__cents")
    return (
        Customer.objects.annotate(
            paid_orders=Count("orders", filter=paid, distinct=True),  # else once per line
            revenue=Sum(cents, filter=paid, default=0),  # else None without a line
        )
        .filter(paid_orders__gt=0)
        .order_by("-revenue", "pk")
    )


def paid_totals() -> dict[str, int]:
    lines = OrderLine.objects.filter(order__paid=True)
    cents = F("quantity") * F("cents")
    return lines.aggregate(orders=Count("order", distinct=True), cents=Sum(cents, default=0))
