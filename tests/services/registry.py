"""Find or start each service once per run, whichever process of the run asks first."""

import difflib
import fcntl
import itertools
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.services import reaper
from tests.services.kafka import KAFKA
from tests.services.mariadb import MARIADB
from tests.services.memcached import MEMCACHED
from tests.services.model import PROVIDERS, Kind, Service, ServiceBroken, ServiceUnavailable
from tests.services.mongodb import MONGODB
from tests.services.nats import NATS
from tests.services.postgresql import POSTGRESQL
from tests.services.rabbitmq import RABBITMQ
from tests.services.valkey import VALKEY

RUN_VARIABLE = "STACKPROOF_SERVICES"
PROVIDERS_VARIABLE = "SERVICE_PROVIDERS"
KINDS = {
    kind.name: kind
    for kind in (POSTGRESQL, VALKEY, RABBITMQ, MARIADB, NATS, MEMCACHED, KAFKA, MONGODB)
}

Outcome = Service | ServiceUnavailable | ServiceBroken


class Registry:
    """The services of a run, through files in the run's directory that its processes share."""

    def __init__(self, directory: Path) -> None:
        """Look at a run's directory; nothing is started until it is asked for."""
        self.directory = directory
        self._numbers: dict[tuple[str, str], int] = {}

    def get(self, name: str) -> Service:
        """Give the running service, started now if this run has not asked for it before.

        Raises `ServiceUnavailable` when no provider has it and `ServiceBroken` when what was set
        up does not answer; both are remembered for the run. `ValueError` for an unknown name.
        """
        kind = known(name)
        with self._locked(name):
            outcome = self.outcome(name)
            if outcome is None:
                outcome = self._start(kind)
                self._remember(name, outcome)
        if isinstance(outcome, Service):
            return outcome
        raise outcome

    @contextmanager
    def own(self, service: Service) -> Iterator[str]:
        """Give the address of a server like the service for one test alone, stopped afterwards.

        For servers that start in a blink. Where the service came from an address or from Docker,
        it is the service itself, which other tests use too.
        """
        provider = service.provider.split()[0]
        if provider not in {"wheel", "system"}:
            yield service.url
            return
        own = self.directory / service.name / f"own-{uuid.uuid4().hex}"
        home = own / provider
        try:
            with self._locked(service.name):
                home.mkdir(mode=0o755, parents=True)
                started = KINDS[service.name].starts[provider](home)
            yield started.url
        finally:
            reaper.stop_servers(own)
            shutil.rmtree(own, ignore_errors=True)

    def outcome(self, name: str) -> Outcome | None:
        """Give what became of the service in this run; None if nobody has asked for it."""
        path = self.directory / f"{name}.json"
        if not path.exists():
            return None
        state = json.loads(path.read_text(encoding="utf-8"))
        if "service" in state:
            return Service(**state["service"])
        if "broken" in state:
            return ServiceBroken(state["broken"])
        return ServiceUnavailable(state["unavailable"])

    def own_number(self, purpose: str, whose: str = "") -> int:
        """Give the lowest number from 0 that no other living process of the run has taken.

        A process has one number of a purpose for each that it names in `whose`.
        """
        if (purpose, whose) not in self._numbers:
            free = (n for n in itertools.count() if self._take(f"{purpose}-{n}.own"))
            self._numbers[purpose, whose] = next(free)
        return self._numbers[purpose, whose]

    def count_test(self, name: str) -> None:
        """Note that one test ran against the service."""
        # One byte per test: appending is atomic, so processes need no lock.
        with (self.directory / f"{name}.ran").open("ab") as tally:
            tally.write(b".")

    def tests_run(self, name: str) -> int:
        """Give the number of tests of all processes that ran against the service."""
        tally = self.directory / f"{name}.ran"
        return tally.stat().st_size if tally.exists() else 0

    def _start(self, kind: Kind) -> Outcome:
        reasons = []
        try:
            for provider in chosen_providers(kind):
                try:
                    return self._start_with(kind, provider)
                except ServiceUnavailable as error:
                    reasons.append(f"{provider}: {error}")
        except ServiceBroken as error:
            return error
        tried = "; ".join(reasons) or "no provider is switched on"
        cure = f"set {kind.url_variable} or start Docker"
        return ServiceUnavailable(f"no {kind.name} server: {tried}; {cure}")

    def _start_with(self, kind: Kind, provider: str) -> Service:
        began = time.monotonic()
        if provider == "env":
            url = address_in_environment(kind)
            source, version = f"env {kind.url_variable}", answer_at(kind, url)
        elif provider in kind.starts:
            home = self.directory / kind.name / provider
            home.mkdir(mode=0o755, parents=True)
            started = kind.starts[provider](home)
            url, source = started.url, started.provider
            version = kind.version(url)
        else:
            message = "not supported"
            raise ServiceUnavailable(message)
        return Service(kind.name, source, url, version, round(time.monotonic() - began, 2))

    def _remember(self, name: str, outcome: Outcome) -> None:
        if isinstance(outcome, Service):
            state: dict[str, object] = {"service": asdict(outcome)}
        else:
            key = "broken" if isinstance(outcome, ServiceBroken) else "unavailable"
            state = {key: str(outcome)}
        path = self.directory / f"{name}.json"
        # An address may hold a password, and the directory is open for the servers' user.
        path.touch(mode=0o600)
        path.write_text(json.dumps(state), encoding="utf-8")

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        try:
            lock = (self.directory / f"{name}.lock").open("w")
        except FileNotFoundError as error:
            message = f"the run in {RUN_VARIABLE} is over: unset the variable"
            raise ServiceBroken(message) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (self.directory / reaper.CLOSED).exists():
                message = "the run that services belong to is over"
                raise ServiceBroken(message)
            yield

    def _take(self, name: str) -> bool:
        # The descriptor stays open, and with it the lock, for as long as this process lives.
        lock = os.open(self.directory / name, os.O_CREAT | os.O_WRONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        return True


def known(name: str) -> Kind:
    """Give the kind of that name, or raise `ValueError` with the nearest one."""
    if name not in KINDS:
        close = difflib.get_close_matches(name, KINDS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(KINDS)}"
        message = f"unknown service {name!r}; {hint}"
        raise ValueError(message)
    return KINDS[name]


def chosen_providers(kind: Kind) -> list[str]:
    """Give the providers to try, in order, as the environment says for this kind or for all."""
    variable = (
        kind.provider_variable if kind.provider_variable in os.environ else PROVIDERS_VARIABLE
    )
    words = os.environ.get(variable, ",".join(PROVIDERS)).replace(",", " ").split()
    if unknown := [word for word in words if word not in PROVIDERS]:
        message = f"{variable}: unknown provider {unknown[0]!r}; use {', '.join(PROVIDERS)}"
        raise ServiceBroken(message)
    return words


def address_in_environment(kind: Kind) -> str:
    """Give the address that the environment has for the kind."""
    url = os.environ.get(kind.url_variable, "")
    if not url:
        message = f"{kind.url_variable} not set"
        raise ServiceUnavailable(message)
    return url


def answer_at(kind: Kind, url: str) -> str:
    """Give what the server at an address from the environment says it is."""
    try:
        return kind.version(url)
    except ServiceBroken as error:
        message = f"{kind.url_variable} is set, but no {kind.name} answers there: {error}"
        raise ServiceBroken(message) from error
