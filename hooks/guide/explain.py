"""What Pydantic found wrong with a value, said to the author of the file."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .models import Model
from .problems import Problem, nearest
from .yamlfile import Loc, YamlFile

SHOWN = 40
"""How many characters of a value a problem repeats."""


def read_model[M: Model](model: type[M], file: YamlFile) -> tuple[M | None, list[Problem]]:
    """The file's value as a `model`, or None with all that is wrong with it."""
    if not isinstance(file.value, dict):
        found = _said(file.value)
        return None, [file.problem((), f"holds {found}; a data file is a list of `key: value`")]
    try:
        return model.model_validate(_tuples(file.value)), []
    except ValidationError as error:
        return None, list(_problems(model, file, error))


def _tuples(value: Any) -> Any:  # noqa: ANN401
    """The value with tuples for lists, as strict models take them."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return value


def _problems(model: type[Model], file: YamlFile, error: ValidationError) -> Iterator[Problem]:
    told: set[tuple[int, str]] = set()
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_is_inside(one, detail) for one in details):
            continue  # the missing item is there and was reported for what is wrong in it
        loc = _in_file(detail["loc"], file.value)
        message = _message(model, detail)
        line = file.line_of(loc)
        if (line, message) not in told:
            told.add((line, message))
            yield Problem(file.path, line, message)


def _is_inside(one: ErrorDetails, other: ErrorDetails) -> bool:
    return len(one["loc"]) > len(other["loc"]) and one["loc"][: len(other["loc"])] == other["loc"]


def _in_file(loc: Loc, value: Any) -> Loc:  # noqa: ANN401
    """The part of `loc` that the file knows: Pydantic adds the names of union members to it."""
    way: list[str | int] = []
    for step in loc:
        match value, step:
            case dict(), _ if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                continue
        way.append(step)
    return tuple(way)


def _message(model: type[Model], detail: ErrorDetails) -> str:
    key = _key(detail["loc"])
    match detail["type"]:
        case "missing":
            return f"lacks the key '{key}'; add it"
        case "extra_forbidden":
            return f"unknown key '{key}'; " + nearest(key, _all_keys(model), "delete it")
        case "string_type":
            return f"'{key}' is {_said(detail['input'])}, not text; put it in quotes"
        case "tuple_type":
            return f"'{key}' is {_said(detail['input'])}, not a list; start each item with `- `"
        case "date_type" | "date_from_datetime_parsing":
            return f"'{key}' is {_said(detail['input'])}, not a day; write it as 2026-11-20"
        case "literal_error":
            known = detail.get("ctx", {}).get("expected", "")
            return f"'{key}' is {_said(detail['input'])}; write one of {known}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"'{key}' is {_said(detail['input'])}; write `key: value` lines below it"
        case "too_short":
            least = detail.get("ctx", {}).get("min_length")
            return f"'{key}' has too few items; give at least {least}"
        case "string_too_long":
            limit = detail.get("ctx", {}).get("max_length")
            return f"'{key}' has {len(detail['input'])} characters; shorten it to {limit}"
        case "string_pattern_mismatch":
            return f"'{key}' is {_said(detail['input'])}; write lower-case words joined by hyphens"
        case "value_error":
            return f"'{key}' " + str(detail.get("ctx", {}).get("error", detail["msg"]))
        case _:
            return f"'{key}' is {_said(detail['input'])}; {detail['msg'].lower()}"


def _key(loc: Loc) -> str:
    """The innermost key of `loc` that an author would recognise."""
    names = [step for step in loc if isinstance(step, str) and not step.startswith("function-")]
    return names[-1] if names else "the file"


def _said(value: object) -> str:
    """The value as an author would call it."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"the yes/no value {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case dt.date():
            return f"the date {value}"
        case str():
            return f"'{value if len(value) <= SHOWN else value[:SHOWN] + '…'}'"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"a {type(value).__name__}"


def _all_keys(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[str]:
    """Every key that `model` and the models inside it know, as written in files."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(field.alias or name)
        for inner in _models_in(field.annotation):
            if inner not in seen:
                keys |= _all_keys(inner, seen | {model})
    return keys


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
