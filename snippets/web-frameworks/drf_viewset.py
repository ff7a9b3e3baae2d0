# ruff: noqa: E402  # Django reads its settings while the imports below run
import sys

import django
from django.apps import apps
from django.conf import settings

APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "django_filters"]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["localhost"],
    INSTALLED_APPS=[*APPS, __name__],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}},
    REST_FRAMEWORK={
        # Anyone reads, writing takes the model's permission; the default lets anyone write.
        "DEFAULT_PERMISSION_CLASSES": [
            "rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"
        ],
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
        "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
        "PAGE_SIZE": 20,
    },
)
django.setup()

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import models
from rest_framework import routers, serializers, viewsets


class Author(models.Model):
    name = models.CharField(max_length=100)


class Book(models.Model):
    title = models.CharField(max_length=200)
    published = models.PositiveSmallIntegerField()
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="books")


class BookSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name", read_only=True)

    class Meta:
        model = Book
        fields = ["id", "title", "published", "author", "author_name"]


class BookViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.select_related("author").order_by("id")  # one query, not one per book
    serializer_class = BookSerializer
    filterset_fields = {"author": ["exact"], "published": ["gte", "lte"]}


router = routers.DefaultRouter()
router.register("books", BookViewSet)
urlpatterns = router.urls

# A project has models.py and migrations; a single file says so itself.
apps.get_app_config(__name__).models_module = sys.modules[__name__]
call_command("migrate", run_syncdb=True, verbosity=0)
application = get_wsgi_application()  # gunicorn drf_viewset:application
