"""Accounts, the admin site and two views of plain Django."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import include, path


@login_required
def whoami(request: HttpRequest) -> JsonResponse:
    """Tell who is signed in."""
    return JsonResponse({"username": request.user.get_username()})


def form(_: HttpRequest) -> JsonResponse:
    """Change something because a form was posted."""
    return JsonResponse({"changed": True})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("whoami", whoami),
    path("form", form),
]
