"""The other side of a background job: a company that takes invoices by PUT, well or badly."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One `PUT /invoices/<invoice>`: its idempotency key, and when it came (`time.monotonic`)."""

    invoice: int
    key: str | None
    at: float


class Partner:
    """A server that answers for each invoice as the test says, and 201 after that.

    An answer is a status, `wait` for 201 once `goes_on` is set, or `hang up` for no answer. What
    is sent by POST is kept in `alerts`.
    """

    def __init__(self, address: str) -> None:
        """Nothing was asked yet, and everything will be answered with 201."""
        self.address = address
        self.answers: dict[int, list[int | str]] = {}
        self.calls: list[Call] = []
        self.alerts: list[Any] = []
        self.goes_on = threading.Event()

    @property
    def invoices(self) -> list[int]:
        """The invoices of the calls, in their order."""
        return [call.invoice for call in self.calls]

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys of the calls, in their order."""
        return [call.key for call in self.calls]

    def times(self, invoice: int) -> list[float]:
        """When the invoice was sent, each time."""
        return [call.at for call in self.calls if call.invoice == invoice]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Take an invoice and answer as was said; the body says how often it came."""
        invoice = int(request.path.removeprefix("/invoices/"))
        self.calls.append(Call(invoice, request.headers["Idempotency-Key"], time.monotonic()))
        answers = self.answers.get(invoice)
        status = answers.pop(0) if answers else 201
        if status == "wait":
            self.goes_on.wait(20)
            status = 201
        if isinstance(status, int):
            body = f"receipt {self.invoices.count(invoice)}".encode()
            request.send_response(status)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)


@contextmanager
def serving_partner() -> Iterator[Partner]:
    """Serve a partner on a free port of the loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            partner.answer(self)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            partner.alerts.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # a client that was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        partner = Partner(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield partner
        finally:
            partner.goes_on.set()
            server.shutdown()
            thread.join()
