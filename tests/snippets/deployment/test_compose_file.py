"""The file fits the Compose specification, and each service waits for what it needs.

No container is started: there is no Docker here. The health check of the API runs as it is.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.running import free_port
from tests.snippets.processes import ran

CHECK = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"]


@pytest.fixture
def compose(snippet_file: Path) -> dict[str, Any]:
    document = yaml.safe_load(snippet_file.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def test_file_fits_the_specification(snippet_file: Path, tmp_path: Path) -> None:
    done = ran([*CHECK, snippet_file], tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("condition: service_healthy", "condition: service_ready"),
        ("    healthcheck:", "    health_check:"),
        ("restart: unless-stopped", "restart: [unless-stopped]"),
        ("secrets: [database_password]", "secrets: database_password"),
        ("    file: ./secrets", "    path: ./secrets"),
    ],
)
def test_fault_is_refused(snippet_file: Path, tmp_path: Path, good: str, bad: str) -> None:
    text = snippet_file.read_text("utf-8")
    assert good in text
    (tmp_path / "compose.yaml").write_text(text.replace(good, bad), encoding="utf-8")
    refused = ran([*CHECK, "compose.yaml"], tmp_path)
    assert refused.returncode == 1
    assert "Schema validation errors were encountered" in refused.stdout


def test_key_version_is_obsolete_and_left_out(compose: dict[str, Any]) -> None:
    assert "version" not in compose


def test_every_wait_has_a_check_to_wait_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    waits = {
        (name, other, how["condition"])
        for name, service in services.items()
        for other, how in service.get("depends_on", {}).items()
    }
    assert waits == {
        ("api", "cache", "service_healthy"),
        ("api", "migrate", "service_completed_successfully"),
        ("migrate", "db", "service_healthy"),
    }
    for _, other, condition in waits:
        assert ("healthcheck" in services[other]) == (condition == "service_healthy")
        # What has to come to its end must not be started again.
        assert ("restart" in services[other]) == (condition == "service_healthy")


def test_only_the_api_is_published_and_to_this_host_only(compose: dict[str, Any]) -> None:
    published = {name: s["ports"] for name, s in compose["services"].items() if "ports" in s}
    assert published == {"api": ["127.0.0.1:8000:8000"]}


def test_password_is_in_no_environment(compose: dict[str, Any]) -> None:
    (secret,) = compose["secrets"]
    for name in ("api", "migrate", "db"):
        service = compose["services"][name]
        assert service["secrets"] == [secret]
        paths = {v for k, v in service["environment"].items() if "PASSWORD" in k}
        assert paths == {f"/run/secrets/{secret}"}


@contextmanager
def health(status: int) -> Iterator[int]:
    """Serve `/health` with this status and give the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_health_check_of_the_api_tells(
    compose: dict[str, Any], tmp_path: Path, status: int | None, *, healthy: bool
) -> None:
    kind, *command = compose["services"]["api"]["healthcheck"]["test"]
    assert kind == "CMD"

    def check(port: int) -> int:
        return ran([word.replace(":8000/", f":{port}/") for word in command], tmp_path).returncode

    if status is None:
        assert check(free_port()) != 0
        return
    with health(status) as port:
        assert (check(port) == 0) == healthy
