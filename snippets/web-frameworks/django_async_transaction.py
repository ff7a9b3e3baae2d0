# ruff: noqa: E402  # Django reads its settings while the imports below run
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
from django.db import DataError, IntegrityError, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST


class Account(models.Model):
    balance = models.PositiveIntegerField()


@transaction.atomic
def transfer(source_id: int, target_id: int, amount: int) -> int:
    locked = Account.objects.select_for_update().order_by("pk")  # one order, so no deadlock
    accounts = locked.in_bulk([source_id, target_id])
    source, target = accounts[source_id], accounts[target_id]
    target.balance += amount
    target.save(update_fields=["balance"])
    source.balance -= amount
    source.save(update_fields=["balance"])  # refused below zero, which takes back both
    return source.balance


@require_POST
async def pay(_request: HttpRequest, source_id: int, target_id: int, amount: int) -> JsonResponse:
    try:
        balance = await sync_to_async(transfer)(source_id, target_id, amount)
    except KeyError:
        return JsonResponse({"detail": "No such account"}, status=404)
    except (IntegrityError, DataError):
        return JsonResponse({"detail": "The balance does not allow it"}, status=409)
    return JsonResponse({"balance": balance})


urlpatterns = [path("accounts/<int:source_id>/pay/<int:target_id>/<int:amount>", pay)]
apps.get_app_config(__name__).models_module = sys.modules[__name__]  # a single file, not a project
call_command("migrate", run_syncdb=True, verbosity=0)
application = get_asgi_application()  # uvicorn django_async_transaction:application
