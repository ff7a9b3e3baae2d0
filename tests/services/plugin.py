"""Fixtures that give tests real servers, and a summary of which ones there were."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services import mariadb, memcached, mongodb, postgresql, rabbitmq, valkey
from tests.services.model import Service, ServiceBroken, ServiceUnavailable
from tests.services.policy import Policy, policy_of, unused
from tests.services.registry import KINDS, RUN_VARIABLE, Registry
from tests.services.run import Run
from tests.services.running import forget_ended

PROPERTY = "service"
POLICY = pytest.StashKey[Policy]()
REGISTRY = pytest.StashKey[Registry]()
RUN = pytest.StashKey[Run]()
USED = pytest.StashKey[dict[str, Service]]()
SEEN_EMPTY = pytest.StashKey[set[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make test` demand services where CI would."""
    parser.addoption(
        "--require-services",
        action="store_true",
        help="fail when a service that pyproject.toml requires in CI is missing or goes unused",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Join the run in the environment, or open one."""
    config.stash[POLICY] = policy_of(config, dict(os.environ))
    if RUN_VARIABLE not in os.environ:
        config.stash[RUN] = Run()
    config.stash[REGISTRY] = Registry(Path(os.environ[RUN_VARIABLE]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers if this process opened the run."""
    if run := config.stash.get(RUN, None):
        stopped = run.close()
        forget_ended()
        if not stopped:
            message = f"servers or files were left behind in {run.directory}"
            raise RuntimeError(message)


def use_service(request: pytest.FixtureRequest, name: str) -> Service:
    """Give the running service and record on the test that it used it."""
    service = running_service(request.config, name)
    request.node.stash.setdefault(USED, {})[name] = service
    if (record := (PROPERTY, service.label)) not in request.node.user_properties:
        request.node.user_properties.append(record)
    return service


def running_service(config: pytest.Config, name: str) -> Service:
    """Give the running service.

    Skips the test with the reason if there is none, or errors where it is required; an address
    that is set but does not answer fails the test.
    """
    try:
        return config.stash[REGISTRY].get(name)
    except ServiceBroken as error:
        pytest.fail(str(error), pytrace=False)
    except ServiceUnavailable as error:
        if name in config.stash[POLICY].required:
            pytest.fail(f"required in CI: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count the test for its services, unless it skips itself or the run is broken off."""
    try:
        result = yield
    except (pytest.skip.Exception, pytest.exit.Exception, KeyboardInterrupt):
        raise
    except BaseException:
        count(item)
        raise
    count(item)
    return result


def count(item: pytest.Item) -> None:
    """Count one test for each service that it used."""
    for name in item.stash.get(USED, {}):
        item.config.stash[REGISTRY].count_test(name)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that was to use a service and did not."""
    quiet = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    if quiet and missed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say for each service what it was and how many tests ran against it, or why it is missing."""
    if is_worker(config):
        return
    terminalreporter.section("services")
    for name in KINDS:
        terminalreporter.write_line(f"{name:12}{summary_of(config.stash[REGISTRY], name)}")
    for name in missed(config):
        terminalreporter.write_line(
            f"ERROR: {name} is required and no test ran against it", red=True
        )


def summary_of(registry: Registry, name: str) -> str:
    """Give the rest of the service's line in the summary."""
    match registry.outcome(name):
        case Service() as service:
            number = registry.tests_run(name)
            tests = "1 test" if number == 1 else f"{number} tests"
            start = f"answered after {service.seconds:.2f} s"
            return f"{service.version}, {service.provider}, {start}, {tests}"
        case None:
            return "not asked for by any test that ran"
        case ServiceBroken() as error:
            return f"BROKEN: {error}"
        case missing:
            return f"MISSING: {missing}"


def missed(config: pytest.Config) -> list[str]:
    """Give the services that the run was to use and did not; the one who opened it answers."""
    if RUN not in config.stash:
        return []
    registry = config.stash[REGISTRY]
    return unused(config.stash[POLICY], {name: registry.tests_run(name) for name in KINDS})


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> Registry:
    """Give the registry of the run; `services.get("valkey")` starts what is not running yet."""
    return pytestconfig.stash[REGISTRY]


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a new, empty PostgreSQL database, dropped after the test."""
    service = use_service(request, "postgresql")
    with postgresql.fresh_database(service.url) as url:
        yield url


@pytest.fixture
def valkey_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of an empty Valkey database that no other process of the run uses."""
    service = use_service(request, "valkey")
    with own_valkey_database(request.config, service) as url:
        yield url


@pytest.fixture(scope="module")
def valkey_url_apart(pytestconfig: pytest.Config) -> Iterator[str]:
    """Give the address of a second one, which stays while the tests of a file empty theirs."""
    service = running_service(pytestconfig, "valkey")
    with own_valkey_database(pytestconfig, service, "file") as url:
        yield url


@contextmanager
def own_valkey_database(config: pytest.Config, service: Service, whose: str = "") -> Iterator[str]:
    """Give the address of an empty database; this process has one for each that it names."""
    number = config.stash[REGISTRY].own_number("valkey-database", whose)
    url = valkey.database_url(service.url, number)
    if not service.is_ours:
        refuse_foreign_keys(config, url)
    with valkey.flushed(url):
        yield url


@pytest.fixture
def rabbitmq_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a new, empty virtual host of RabbitMQ, deleted after the test."""
    service = use_service(request, "rabbitmq")
    with rabbitmq.fresh_vhost(service.url) as url:
        yield url


@pytest.fixture
def mariadb_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the `mysql://` address of a new, empty MariaDB database, dropped after the test."""
    service = use_service(request, "mariadb")
    with mariadb.fresh_database(service.url) as url:
        yield url


@pytest.fixture
def mongodb_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a new, empty MongoDB database, dropped after the test."""
    service = use_service(request, "mongodb")
    with mongodb.fresh_database(service.url) as url:
        yield url


@pytest.fixture
def nats_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a NATS server with JetStream, the test's own if it needs no Docker."""
    service = use_service(request, "nats")
    with request.config.stash[REGISTRY].own(service) as url:
        yield url


@pytest.fixture
def kafka_servers(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the `host:port` of a broker of the Kafka protocol, the test's own if it is Tansu.

    Tansu waits half the session timeout for further members of a group, so a test should shorten
    that: to 22 s with librdkafka's default, to 0.5 s with `session.timeout.ms` of 1000.
    """
    service = use_service(request, "kafka")
    with request.config.stash[REGISTRY].own(service) as servers:
        yield servers


@pytest.fixture
def memcached_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the `host:port` of an empty Memcached, the test's own if it needs no Docker."""
    service = use_service(request, "memcached")
    with request.config.stash[REGISTRY].own(service) as address:
        memcached.flush(address)
        yield address


def refuse_foreign_keys(config: pytest.Config, url: str) -> None:
    """Fail the test instead of emptying a database that held keys before this run."""
    seen_empty = config.stash.setdefault(SEEN_EMPTY, set())
    if url in seen_empty:
        return
    if keys := valkey.keys_in(url):
        database = url.rpartition("/")[2]
        pytest.fail(
            f"VALKEY_URL: database {database} holds {keys} keys and tests would empty it; "
            "flush it or name an empty one",
            pytrace=False,
        )
    seen_empty.add(url)
