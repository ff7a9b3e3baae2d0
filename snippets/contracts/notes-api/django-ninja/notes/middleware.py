"""What Django Ninja leaves to Django."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse


def json_method_not_allowed(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer a method that a path lacks as JSON, where Django Ninja answers in plain words."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        return JsonResponse(
            {"detail": "Method not allowed"},
            status=HTTPStatus.METHOD_NOT_ALLOWED,
            headers={"Allow": response["Allow"]},
        )

    return middleware
