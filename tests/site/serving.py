"""Serve a built site on the loopback, under the policy that the site promises to keep."""

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import BinaryIO, override

from tests.site.building import PREFIX

POLICY = "default-src 'self'"
TEXT = {".html", ".css", ".js", ".json", ".svg"}
# A system's own table of types may lack these or differ.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    "": "text/plain; charset=utf-8",
}


class Handler(SimpleHTTPRequestHandler):
    """Serves files below a prefix; `served` collects the path of each file that went out."""

    protocol_version = "HTTP/1.1"
    extensions_map = TYPES

    def __init__(
        self,
        *arguments: object,
        policy: str | None,
        served: list[Path],
        compressed: bool,
        **more: object,
    ) -> None:
        """Keep the policy to send and the list to fill, then answer."""
        self.policy = policy
        self.served = served
        self.compressed = compressed
        super().__init__(*arguments, **more)  # type: ignore[arg-type]

    def send_head(self) -> BinaryIO | None:
        """Open the file asked for; note it, or answer with the site's page for lost readers."""
        path, _, query = self.path.partition("?")
        if not path.startswith(PREFIX):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        self.path = "/" + path.removeprefix(PREFIX) + (f"?{query}" if query else "")
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if self.path.endswith("/") else file
        if not file.exists():
            return self.send_lost()
        if file.is_file():
            self.served.append(file)
            if self.compressed and file.suffix in TEXT:
                return self.send_compressed(file)
        return super().send_head()

    def send_compressed(self, file: Path) -> BinaryIO:
        """Answer with the file as servers on the web send it."""
        content = gzip.compress(file.read_bytes(), 6)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.extensions_map[file.suffix])
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        return io.BytesIO(content)

    def send_lost(self) -> BinaryIO:
        """Answer 404 with `404.html`, as GitHub does."""
        page = Path(self.directory) / "404.html"
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", self.extensions_map[".html"])
        self.send_header("Content-Length", str(page.stat().st_size))
        self.end_headers()
        return page.open("rb")

    def end_headers(self) -> None:
        """Add the policy to every answer."""
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: what matters is seen in the browser."""


class Server(ThreadingHTTPServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True
    request_queue_size = 64  # five by default: a browser's further ones would wait a second

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that left in the middle of an answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving(
    site: Path, policy: str | None = POLICY, *, compressed: bool = False
) -> Iterator[tuple[str, list[Path]]]:
    """Serve the site on a free port; give its address and the list of files that go out."""
    served: list[Path] = []
    options = partial(Handler, policy=policy, served=served, compressed=compressed)
    handler = partial(options, directory=str(site))
    server = Server(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}", served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
