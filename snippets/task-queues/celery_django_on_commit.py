# ruff: noqa: E402  # Django reads its settings while the imports below run
import os
import sys

import django
from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.apps import apps
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

from django.db import models, transaction
from django.utils import timezone

# Where DJANGO_SETTINGS_MODULE is set, Celery takes DjangoTask by itself.
app = Celery("shop", broker=os.environ["REDIS_URL"], task_cls=DjangoTask)


class Order(models.Model):
    email = models.EmailField()
    confirmed_at = models.DateTimeField(null=True)


@app.task(name="shop.confirm_order")
def confirm_order(order_id: int) -> None:
    order = Order.objects.get(pk=order_id)  # the id travels, not the row: it may have changed
    order.confirmed_at = timezone.now()
    order.save(update_fields=["confirmed_at"])


@app.task(name="shop.ask_for_review")
def ask_for_review(order_id: int) -> str:
    return f"asked {Order.objects.get(pk=order_id).email}"


@transaction.atomic
def place_order(email: str) -> Order:
    order = Order.objects.create(email=email)
    confirm_order.delay_on_commit(order.pk)
    ask_for_review.apply_async_on_commit((order.pk,), countdown=1800)
    return order


apps.get_app_config(__name__).models_module = sys.modules[__name__]  # a single file, not a project
