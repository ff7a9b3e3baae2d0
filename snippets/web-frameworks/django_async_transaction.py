# ruff: noqa: E402  # Django reads its settings while the imports below run
import json
import os
import sys

import django
from django.apps import apps
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

database = conninfo_to_dict(os.environ["DATABASE_URL"])
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["localhost"],
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

from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.db import models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path


class Account(models.Model):
    balance = models.PositiveIntegerField()


class NotEnoughError(Exception):
    pass


@transaction.atomic
def transfer(source_id: int, target_id: int, amount: int) -> int:
    both = Account.objects.select_for_update().order_by("pk")  # always in the same order
    accounts = both.in_bulk([source_id, target_id])
    source, target = accounts[source_id], accounts[target_id]
    target.balance += amount
    target.save(update_fields=["balance"])
    if source.balance < amount:
        raise NotEnoughError  # takes back what was saved above
    source.balance -= amount
    source.save(update_fields=["balance"])
    return source.balance


async def post_transfer(request: HttpRequest) -> JsonResponse:
    fields = json.loads(request.body)
    try:
        left = await sync_to_async(transfer)(fields["source"], fields["target"], fields["amount"])
    except NotEnoughError:
        return JsonResponse({"detail": "Not enough money"}, status=409)
    return JsonResponse({"balance": left})


urlpatterns = [path("transfers", post_transfer)]
apps.get_app_config(__name__).models_module = sys.modules[__name__]  # a single file, not a project
call_command("migrate", run_syncdb=True, verbosity=0)
application = get_asgi_application()  # uvicorn django_async_transaction:application
