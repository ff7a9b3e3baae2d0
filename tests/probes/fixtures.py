"""The types of the fixtures that probes use."""

from collections.abc import Iterable
from typing import Protocol

from tests.probes.small_apps import SmallApp


class Observe(Protocol):
    """Record the outcome's word for a contender."""

    def __call__(self, contender: str, word: str) -> None: ...


class RanWith(Protocol):
    """Record which distributions took part, as `["flask 3.1.3", ...]`."""

    def __call__(self, contender: str, distributions: Iterable[str]) -> None: ...


class RanFrom(Protocol):
    """Record which files and folders took part, from the root of the repository."""

    def __call__(self, paths: Iterable[str]) -> None: ...


class Served(Protocol):
    """Give a contender's small application, started once per session for the same arguments."""

    def __call__(self, contender: str, *, asgi: bool = False, **env: str) -> SmallApp: ...
