# ruff: noqa: E402  # Django reads its settings while the imports below run
import sys

import django
from django.apps import apps
from django.conf import settings

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["localhost"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", __name__],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}},
)
django.setup()

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.urls import path
from ninja import Field, NinjaAPI, Router, Schema, Status
from ninja.errors import HttpError
from ninja.pagination import paginate
from ninja.security import HttpBasicAuth


class Book(models.Model):
    title = models.CharField(max_length=200, unique=True)


class BookIn(Schema):
    title: str = Field(min_length=1, max_length=200)


class BookOut(BookIn):
    id: int


class Login(HttpBasicAuth):
    def authenticate(self, request: HttpRequest, username: str, password: str) -> User | None:
        return authenticate(request, username=username, password=password)


router = Router(tags=["books"], auth=Login())  # every route below wants a login ...


@router.get("", response=list[BookOut], auth=None)  # ... except those that say otherwise
@paginate
def list_books(request: HttpRequest) -> models.QuerySet[Book]:
    return Book.objects.order_by("id")


@router.post("", response={201: BookOut})
def create_book(request: HttpRequest, fields: BookIn) -> Status[Book]:
    try:
        with transaction.atomic():  # a transaction around the request survives the refusal
            return Status(201, Book.objects.create(**fields.model_dump()))
    except IntegrityError:
        raise HttpError(409, "A book with this title exists") from None


api = NinjaAPI(title="Books")
api.add_router("/books", router)
urlpatterns = [path("api/", api.urls)]
apps.get_app_config(__name__).models_module = sys.modules[__name__]  # a single file, not a project
call_command("migrate", run_syncdb=True, verbosity=0)
application = get_wsgi_application()  # gunicorn django_ninja_router:application
