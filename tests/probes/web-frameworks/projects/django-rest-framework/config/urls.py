"""Accounts, the admin site and two views of Django REST Framework."""

from django.contrib import admin
from django.urls import include, path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response


@api_view()
@permission_classes([IsAuthenticated])
def whoami(request: Request) -> Response:
    """Tell who is signed in."""
    return Response({"username": request.user.get_username()})


@api_view(["POST"])
def form(_: Request) -> Response:
    """Change something because a form was posted."""
    return Response({"changed": True})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("rest_framework.urls")),
    path("whoami", whoami),
    path("form", form),
]
