"""One server per implementation, shared by its tests, on a database of its own."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.contracts.implementation import implementations
from tests.contracts.running import Server, prepared, running
from tests.services.model import ServiceUnavailable
from tests.services.plugin import use_service
from tests.services.postgresql import fresh_database
from tests.services.registry import Registry

# A warning raised on a request becomes a traceback or a 500; one at import stops the server.
# Django keeps a connection per thread until its process ends, which psycopg reports as it ends.
STRICT = {"PYTHONWARNINGS": "error,ignore::ResourceWarning"}
COMPLAINTS = ("Traceback (most recent call last)", "Exception ignored", "Warning:")


@pytest.fixture(
    scope="session",
    params=implementations(),
)
def server(
    request: pytest.FixtureRequest,
    services: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """Give a running implementation; what it printed from start to stop holds no complaint."""
    try:
        service = services.get("postgresql")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    implementation = implementations()[request.param]
    log = tmp_path_factory.mktemp("notes-api") / f"{implementation.technology}.log"
    with fresh_database(service.url) as url:
        prepared(implementation, url, env=STRICT)
        with running(implementation, url, env=STRICT, log=log) as server:
            yield server
    printed = log.read_text(encoding="utf-8", errors="replace")
    if any(complaint in printed for complaint in COMPLAINTS):
        # Pytest ends this server when the next one is asked for and blames that one's first test.
        pytest.fail(f"the {implementation.technology} server printed:\n{printed}", pytrace=False)


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx2.Client]:
    """Give an HTTP client of the running implementation."""
    with httpx2.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture(autouse=True)
def _count_for_postgresql(request: pytest.FixtureRequest) -> None:
    """Record on each test that uses a server that it ran against PostgreSQL."""
    if "server" in request.fixturenames:
        use_service(request, "postgresql")


@pytest.fixture
def no_notes(client: httpx2.Client) -> None:
    """Empty the database through the API."""
    while items := client.get("/notes").json()["items"]:
        for note in items:
            client.delete(f"/notes/{note['id']}")
