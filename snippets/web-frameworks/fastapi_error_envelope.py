from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):  # RFC 9457
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    media_type = "application/problem+json"
    return JSONResponse(problem.model_dump(), problem.status, headers, media_type)


async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
    title = HTTPStatus(error.status_code).phrase
    problem = Problem(title=title, status=error.status_code, detail=str(error.detail))
    return answer(problem, error.headers)


async def invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
    errors = [  # without the input: it may be a password
        FieldError(field=".".join(map(str, one["loc"])), message=one["msg"])
        for one in error.errors()
    ]
    detail = "The request is not valid"
    return answer(Problem(title="Invalid request", status=422, detail=detail, errors=errors))


async def crash(_request: Request, _error: Exception) -> JSONResponse:
    return answer(Problem(title="Internal Server Error", status=500, detail="Our fault; logged"))


app = FastAPI(
    exception_handlers={
        HTTPException: http_error,  # Starlette's: FastAPI's own would miss unknown addresses
        RequestValidationError: invalid_request,
        Exception: crash,  # the exception goes on to the server's log
    },
    responses={"4XX": {"model": Problem}, 422: {"model": Problem}, 500: {"model": Problem}},
)


@app.get("/books")
async def list_books(page: Annotated[int, Query(ge=1)]) -> list[str]:
    if page > 1:
        raise HTTPException(404, "There is one page")
    return ["Dune", "Solaris"]
