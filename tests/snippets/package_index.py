"""A package index of its own for each test that resolves, locks and installs."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.snippets.wheels import wheel_metadata, write_wheel


@pytest.fixture
def ages() -> dict[str, timedelta]:
    """How long ago a file was uploaded; a month where nothing is said."""
    return {}


@pytest.fixture
def index(
    request: pytest.FixtureRequest, tmp_path: Path, ages: dict[str, timedelta]
) -> Iterator[tuple[Path, str]]:
    """Serve what `PACKAGES` of the test module says; give the folder of wheels and the address."""
    with serving_index(tmp_path / "wheels", request.module.PACKAGES, ages) as served:
        yield served


@contextmanager
def serving_index(
    wheels: Path,
    packages: Mapping[str, tuple[str, list[str]]],
    ages: Mapping[str, timedelta],
) -> Iterator[tuple[Path, str]]:
    """Serve a new folder of wheels as a package index, and give the folder and the address.

    `packages` has by name the version and what it requires, `ages` the age of a file if it is not
    a month.
    """
    wheels.mkdir()
    for name, (version, requires) in packages.items():
        write_wheel(wheels, name, version, requires)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            if kind == "wheels":
                path = wheels / name.removesuffix(".metadata")
                body = wheel_metadata(path) if name.endswith(".metadata") else path.read_bytes()
                self.answer("application/octet-stream", body)
                return
            found = sorted(wheels.glob(f"{name.replace('-', '_')}-[0-9]*.whl"))
            files = [self.file(path) for path in found]
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": files, "versions": []}
            self.answer("application/vnd.pypi.simple.v1+json", json.dumps(page).encode())

        def file(self, path: Path) -> dict[str, object]:
            uploaded = datetime.now(UTC) - ages.get(path.name, timedelta(days=30))
            return {
                "filename": path.name,
                "url": f"/wheels/{path.name}",
                "core-metadata": True,
                "hashes": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
                "upload-time": uploaded.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }

        def answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # five by default: uv's other connections would wait a second

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield wheels, f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
        thread.join()
