"""The kinds of text that data files may hold."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufeff\ufffe\uffff]")


def _plain(value: str) -> str:
    """The text with runs of white space made one space, as HTML would show it.

    Raises:
        ValueError: It holds control characters or nothing at all.
    """
    if found := CONTROL_CHARACTERS.search(value):
        message = f"holds the control character {found[0]!r}; delete it"
        raise ValueError(message)
    folded = " ".join(value.split())
    if not folded:
        message = "is empty; write the text or delete the key"
        raise ValueError(message)
    return folded


def _address(value: str) -> str:
    """The web address as it was written.

    Raises:
        ValueError: It is not an absolute http or https address of a named host.
    """
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or "." not in host or parts.scheme not in {"https", "http"}:
        message = "is not a web address; write it in full, starting with https://"
        raise ValueError(message)
    if re.search(r"[\s\"'<>`\\^{|}]", value):
        message = "holds a character that no web address may hold; percent-encode it"
        raise ValueError(message)
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""A name in kebab-case: `task-queues`. It is the stem of the file that describes the thing."""

Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain)]
"""Up to 200 characters of plain text; `code` may stand between back-ticks."""

Prose = Annotated[str, StringConstraints(max_length=900), AfterValidator(_plain)]
"""Up to 900 characters of plain text in full sentences; `code` may stand between back-ticks."""

Url = Annotated[str, StringConstraints(max_length=400), AfterValidator(_address)]
"""An absolute web address, https unless the project has none."""

Reference = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")
]
"""Two ids with a slash between them: `web-frameworks/websocket`."""

Address = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z]+(/[a-z0-9]+(-[a-z0-9]+)*){1,2}(#[a-z0-9]+(-+[a-z0-9]+)*)?$", max_length=150
    ),
]
"""A page of this site, as its address has it: `technologies/redis`, `categories/auth#tokens`."""


def bare(text: str) -> str:
    """The text without the back-ticks around code, for where nothing can be marked up."""
    return text.replace("`", "")


def first_sentence(text: str) -> str:
    """The text up to the first full stop that ends a sentence."""
    return re.split(r"(?<=[.?!]) (?=[A-Z`])", text, maxsplit=1)[0]
