"""Errors as JSON, where Flask answers in HTML."""

from http import HTTPStatus
from typing import Any

from flask import Flask, json
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


def report_http_error(error: HTTPException) -> Response:
    """Keep the status and headers, and say as JSON what happened."""
    response = error.get_response()
    response.data = json.dumps({"detail": error.description})
    response.content_type = "application/json"
    return response


def report_invalid(error: ValidationError) -> tuple[dict[str, Any], int]:
    """Name the fields that are wrong."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return {"detail": problems}, HTTPStatus.UNPROCESSABLE_ENTITY


def report_conflict(_error: IntegrityError) -> tuple[dict[str, Any], int]:
    """Answer for the only constraint that a valid note can break: the unique title."""
    return {"detail": "A note with this title exists"}, HTTPStatus.CONFLICT


def register(app: Flask) -> None:
    """Let the application answer its errors with these functions."""
    app.register_error_handler(HTTPException, report_http_error)
    app.register_error_handler(ValidationError, report_invalid)
    app.register_error_handler(IntegrityError, report_conflict)
