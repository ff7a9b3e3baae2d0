"""Accounts, the admin site and views of Django Ninja."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import django_auth

api = NinjaAPI()


@api.get("/whoami", auth=django_auth)
def whoami(request: HttpRequest) -> dict[str, str]:
    """Tell who is signed in."""
    return {"username": request.user.get_username()}


@api.post("/form")
def form(request: HttpRequest) -> dict[str, bool]:
    """Change something because a form was posted."""
    return {"changed": True}


@api.post("/form/protected", auth=django_auth)
def protected_form(request: HttpRequest) -> dict[str, bool]:
    """Change something because somebody who signed in by cookie posted a form."""
    return {"changed": True}


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("", api.urls),
]
