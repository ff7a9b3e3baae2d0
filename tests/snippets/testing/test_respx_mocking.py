"""The suite passes without a network, names planted bugs, and httpx2 slips past the mock."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.snippets.testing.suites import Report, changed, ran_suite

ONCE = "test_amount_is_captured_once"
AGAIN = "test_failures_that_pass_are_tried_again"
REFUSAL = "test_refusal_is_not_tried_again"
LAST = "test_third_failure_is_the_last"
WHOLE = {ONCE, AGAIN, REFUSAL, LAST}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "payments.py"


def report_of(test: Path, app: Path) -> Report:
    return ran_suite(test, plugins=["respx.plugin"], path=app.parent)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param(">= 500", ">= 400", {REFUSAL}, id="refusal-repeated"),
        pytest.param(">= 500", "> 500", {AGAIN}, id="500-final"),
        pytest.param("httpx.TransportError)", "httpx.ConnectError)", {AGAIN}, id="timeout-final"),
        pytest.param("httpx.TransportError)", "httpx.ReadTimeout)", {LAST}, id="connect-final"),
        pytest.param("@stamina.retry(on=may_pass, attempts=3)\n", "", {AGAIN, LAST}, id="no-retry"),
        pytest.param('": cents}', '": cents / 100}', {ONCE}, id="euros"),
        pytest.param('"Idempotency-Key": payment_id', "", {AGAIN}, id="no-key"),
        pytest.param("    answer.raise_for_status()\n", "", {AGAIN, REFUSAL}, id="no-check"),
        pytest.param("client.post(", "client.put(", WHOLE, id="method"),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_request_that_no_route_matches_raises(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, ('": cents}', '": 0}')))
    assert "AllMockedAssertionError" in report.said


def test_route_that_nobody_asks_fails_the_test_only_with_the_mark(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    unused = (".respond(402)", ".respond(402)\n    respx_mock.get(URL)")
    report = report_of(changed(snippet_file, tmp_path / "marked", unused), app_file)
    assert report.broken == {REFUSAL}
    assert "RESPX: some routes were not called!" in report.said
    plain = ("pytestmark = pytest.mark.respx(assert_all_called=True)", "")
    report = report_of(changed(snippet_file, tmp_path / "plain", unused, plain), app_file)
    assert report.passed == WHOLE


def test_testing_without_a_number_of_attempts_tries_once(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    report = report_of(changed(snippet_file, tmp_path, (", attempts=3)", ")")), app_file)
    assert report.broken == {AGAIN, LAST}


@contextmanager
def real_service() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Real(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "captured"}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Real) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_httpx2_is_not_intercepted_and_really_asks(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    with real_service() as (url, asked):
        app = changed(
            app_file,
            tmp_path / "app",
            ("import httpx\n", "import httpx2 as httpx\n"),
            ("https://payments.example.com", url),
        )
        test = changed(
            snippet_file, tmp_path, ("with httpx.Client()", "with __import__('httpx2').Client()")
        )
        report = report_of(test, app)
        assert asked == ["/payments/p-7/capture"] * 4
    assert report.broken == WHOLE
    plain = changed(app_file, tmp_path / "plain", ("https://payments.example.com", url))
    assert report_of(snippet_file, plain).passed == WHOLE
