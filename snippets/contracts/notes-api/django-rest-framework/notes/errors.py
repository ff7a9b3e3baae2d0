"""Answers to errors that Django REST framework does not know."""

from http import HTTPStatus
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from rest_framework import views
from rest_framework.exceptions import APIException
from rest_framework.response import Response


class Conflict(APIException):
    """The title is taken."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "A note with this title exists."
    default_code = "conflict"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer for the only constraint that a valid note can break: the unique title."""
    if isinstance(error, IntegrityError):
        error = Conflict()
    return views.exception_handler(error, context)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer for a path without a view, which Django itself answers in HTML."""
    return JsonResponse({"detail": "Not found."}, status=HTTPStatus.NOT_FOUND)
