"""Enough of the Redis protocol to ask a server who it is and to empty a database.

A client library would be one more dependency, and one of them is itself under test.
"""

import socket
from typing import IO
from urllib.parse import unquote, urlsplit

TIMEOUT = 5.0


def ask(url: str, *commands: tuple[str, ...]) -> list[str]:
    """Give the server's answer to each command, in the database that the address names.

    Raises `ValueError` for an error answer or an address of another kind, `OSError` when the
    server cannot be reached.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "valkey"} or not parts.hostname:
        message = "the address must be redis://host:port/database (TLS is not supported here)"
        raise ValueError(message)
    opening: list[tuple[str, ...]] = []
    if parts.password:
        opening.append(("AUTH", unquote(parts.username or "default"), unquote(parts.password)))
    if database := parts.path.strip("/"):
        opening.append(("SELECT", database))
    sent = [*opening, *commands]
    with (
        socket.create_connection((parts.hostname, parts.port or 6379), TIMEOUT) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.sendall(b"".join(map(encoded, sent)))
        return [answer(command[0], answers) for command in sent][len(opening) :]


def encoded(command: tuple[str, ...]) -> bytes:
    """Give the command as an array of bulk strings."""
    words = [word.encode() for word in command]
    bulk = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%s" % (len(words), bulk)


def answer(command: str, stream: IO[bytes]) -> str:
    """Give the answer to the command: a simple string, a number or a bulk string."""
    line = stream.readline().rstrip(b"\r\n").decode()
    kind, rest = line[:1], line[1:]
    if kind == "-":
        message = f"{command} was answered with {rest}"
        raise ValueError(message)
    if kind in {"+", ":"}:
        return rest
    if kind == "$":
        return stream.read(int(rest) + 2)[:-2].decode()
    message = f"not an answer of Valkey or Redis: {line[:60]!r}"
    raise ValueError(message)
