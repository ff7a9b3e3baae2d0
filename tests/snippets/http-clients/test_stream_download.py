"""A whole file arrives in constant memory; what is too long, slow or cut off leaves nothing."""

import gzip
import hashlib
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, ClassVar

import httpx2
import pytest

BLOCK = os.urandom(2**16)
OLD = b"the file of yesterday"


class Files(BaseHTTPRequestHandler):
    """Serves what its path says."""

    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:  # the name that http.server calls
        self.asked.append(self.headers["Accept-Encoding"])
        match self.path.strip("/").split("/"):
            case ["blocks", count, "announced"]:
                self.head(**{"Content-Length": str(int(count) * len(BLOCK))})
                self.blocks(int(count))
            case ["blocks", count]:
                self.head()
                self.blocks(int(count))
            case ["huge"]:  # announced, and never sent
                self.head(**{"Content-Length": str(100 * 2**20 + 1)})
                time.sleep(1)
            case ["small"]:
                self.head()
                self.blocks(1, b"less than a buffer")
            case ["cut-off"]:
                self.head(**{"Content-Length": str(2 * len(BLOCK))})
                self.blocks(1)
            case ["packed"]:
                self.head(**{"Content-Encoding": "gzip"})
                self.wfile.write(gzip.compress(bytes(1000)))
            case ["slow"]:
                self.head()
                for _ in range(20):
                    self.blocks(1, b"x")
                    time.sleep(0.05)
            case _:
                self.send_error(404)

    def head(self, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def blocks(self, count: int, block: bytes = BLOCK) -> None:
        for _ in range(count):
            try:
                self.wfile.write(block)
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
        pass


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    Files.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.server_port}") as client:
            yield client
        server.shutdown()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def peak(use: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        use()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refuses(
    snippet: ModuleType, client: httpx2.Client, path: str, target: Path, **limits: Any
) -> Exception:
    """Give the error, once it is sure that the old file is there and nothing else."""
    target.write_bytes(OLD)
    with pytest.raises((snippet.DownloadError, httpx2.HTTPError)) as refused:
        snippet.download(client, path, target, **limits)
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]
    return refused.value


@pytest.mark.parametrize("path", ["/blocks/3", "/blocks/3/announced"])
def test_file_arrives_whole(
    snippet: ModuleType, client: httpx2.Client, target: Path, path: str
) -> None:
    target.write_bytes(OLD)
    digest = snippet.download(client, path, target)
    assert target.read_bytes() == BLOCK * 3
    assert digest == hashlib.sha256(BLOCK * 3).hexdigest()
    assert list(target.parent.iterdir()) == [target]
    assert Files.asked == ["identity"]


def test_memory_stays_constant(snippet: ModuleType, client: httpx2.Client, target: Path) -> None:
    snippet.download(client, "/blocks/1", target)
    assert peak(lambda: snippet.download(client, "/blocks/640", target)) < 2 * 2**20
    assert target.stat().st_size == 40 * 2**20
    assert peak(lambda: client.get("/blocks/640")) > 40 * 2**20


def test_limit_holds_exactly(snippet: ModuleType, client: httpx2.Client, target: Path) -> None:
    for path in ("/blocks/2", "/blocks/2/announced"):
        snippet.download(client, path, target, limit=2 * len(BLOCK))
    refused = refuses(snippet, client, "/blocks/2", target, limit=2 * len(BLOCK) - 1)
    assert repr(refused) == "TooLargeError('/blocks/2')"


def test_default_limit_is_100_mib(snippet: ModuleType, client: httpx2.Client, target: Path) -> None:
    snippet.download(client, "/blocks/1600/announced", target)
    assert target.stat().st_size == 100 * 2**20


def test_only_the_owner_may_read_the_file(
    snippet: ModuleType, client: httpx2.Client, target: Path
) -> None:
    snippet.download(client, "/blocks/1", target)
    assert target.stat().st_mode & 0o777 == 0o600


def test_file_grows_beside_its_target(
    snippet: ModuleType, client: httpx2.Client, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(target.parent / "another-disk"))  # not there
    snippet.download(client, "/blocks/1", target)
    assert target.read_bytes() == BLOCK


def test_file_is_whole_on_the_disk_before_it_has_its_name(
    snippet: ModuleType, client: httpx2.Client, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, bool]] = []
    monkeypatch.setattr(
        "os.fsync", lambda file: synced.append((os.fstat(file).st_size, target.exists()))
    )
    snippet.download(client, "/small", target)
    assert synced == [(len(b"less than a buffer"), False)]


def test_announced_length_is_refused_before_the_body(
    snippet: ModuleType, client: httpx2.Client, target: Path
) -> None:
    assert repr(refuses(snippet, client, "/huge", target)) == "TooLargeError('/huge')"


def test_peer_that_trickles_is_let_go(
    snippet: ModuleType, client: httpx2.Client, target: Path
) -> None:
    start = time.monotonic()
    refused = refuses(snippet, client, "/slow", target, seconds=0.3)
    assert repr(refused) == "TooSlowError('/slow')"
    assert time.monotonic() - start >= 0.3


def test_chunk_size_would_hide_the_trickle(client: httpx2.Client) -> None:
    start = time.monotonic()
    with client.stream("GET", "/slow") as answer:
        pieces = list(answer.iter_raw(2**16))
    assert len(pieces) == 1
    assert time.monotonic() - start > 0.9


def test_compressed_body_is_refused(
    snippet: ModuleType, client: httpx2.Client, target: Path
) -> None:
    assert repr(refuses(snippet, client, "/packed", target)) == "CompressedError('/packed')"


def test_body_that_is_cut_off_is_no_file(
    snippet: ModuleType, client: httpx2.Client, target: Path
) -> None:
    refused = refuses(snippet, client, "/cut-off", target)
    assert isinstance(refused, httpx2.RemoteProtocolError)


def test_error_page_is_no_file(snippet: ModuleType, client: httpx2.Client, target: Path) -> None:
    assert isinstance(refuses(snippet, client, "/nothing", target), httpx2.HTTPStatusError)


def test_download_has_two_minutes(
    snippet: ModuleType, client: httpx2.Client, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 120.0, 120.1])
    monkeypatch.setattr(snippet, "time", type("Clock", (), {"monotonic": lambda: next(times)}))
    assert isinstance(refuses(snippet, client, "/blocks/100", target), snippet.TooSlowError)
    assert next(times, None) is None  # 120.0 was in time
