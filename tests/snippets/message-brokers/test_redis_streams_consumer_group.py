"""An entry is done once its handler returned; what the dead leave is taken over, five times."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import pytest
import redis

from tests.snippets.processes import ran, until

GROUP = ("signups", "welcome-mails")


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, snippet: ModuleType) -> None:
    assert (snippet.IDLE_MS, snippet.BLOCK_MS) == (60_000, 1000)
    monkeypatch.setattr(snippet, "IDLE_MS", 200)
    monkeypatch.setattr(snippet, "BLOCK_MS", 20)


@pytest.fixture
def client(valkey_url: str) -> Iterator[Any]:
    """Give a client to look at the server."""
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield client


class Mailer:
    """Send mails; fail so many times, and remember when it was asked."""

    def __init__(self, failures: int = 0) -> None:
        """Fail so often."""
        self.failures = failures
        self.asked: list[str] = []
        self.times: list[float] = []

    def handle(self, fields: dict[str, str]) -> None:
        """Note the attempt and fail if it is one to fail."""
        self.asked.append(fields["email"])
        self.times.append(time.monotonic())
        if len(self.asked) <= self.failures:
            message = "no connection"
            raise OSError(message)


@contextmanager
def consuming(
    snippet: ModuleType, name: str, handle: Callable[[dict[str, str]], None]
) -> Iterator[None]:
    """Run a consumer until the block ends."""
    stop = Event()
    consumer = Thread(target=snippet.consume, args=(name, handle, stop), daemon=True)
    consumer.start()
    try:
        yield
    finally:
        stop.set()
        consumer.join(30)
        assert not consumer.is_alive()


def pending(client: Any) -> int:
    """Give the number of entries that were delivered and not acknowledged."""
    return client.xpending(*GROUP)["pending"]


def read(client: Any, consumer: str, number: int) -> int:
    """Read as a consumer that then does nothing more, and give how many entries it got."""
    answer = client.xreadgroup("welcome-mails", consumer, {"signups": ">"}, number)
    return sum(len(found) for _, found in answer)


def test_entry_is_handled_once_also_if_it_was_there_before_the_group(
    snippet: ModuleType, client: Any
) -> None:
    first, second = Mailer(), Mailer()
    snippet.add(client, {"email": "a@example.com"})
    with consuming(snippet, "one", first.handle):
        until(lambda: first.asked and not pending(client), 30)
    snippet.add(client, {"email": "b@example.com"})
    with consuming(snippet, "two", second.handle):
        until(lambda: second.asked and not pending(client), 30)
    assert (first.asked, second.asked) == (["a@example.com"], ["b@example.com"])


def test_key_of_another_type_is_an_error(snippet: ModuleType, client: Any) -> None:
    client.set("signups", "a string")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        snippet.create_group(client)


def test_failed_entry_comes_again_after_the_wait(
    snippet: ModuleType, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mailer = Mailer(failures=1)
    began = time.monotonic()
    snippet.add(client, {"email": "a@example.com"})
    with consuming(snippet, "one", mailer.handle):
        until(lambda: len(mailer.asked) == 2 and not pending(client), 30)
    assert mailer.times[1] - began > 0.19
    assert [message.split()[0::2] for message in caplog.messages] == [["entry", "failed"]]


def test_entry_that_keeps_failing_is_set_aside_after_five_tries(
    snippet: ModuleType, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snippet, "IDLE_MS", 20)
    mailer = Mailer(failures=1000)
    snippet.add(client, {"email": "a@example.com"})
    ((entry_id, _),) = client.xrange("signups")
    with consuming(snippet, "one", mailer.handle):
        until(lambda: client.exists("signups:dead"), 30)
    ((_, dead),) = client.xrange("signups:dead")
    assert dead == {"email": "a@example.com", "entry_id": entry_id}
    assert len(mailer.asked) == 5
    assert pending(client) == 0


def test_what_a_killed_consumer_held_is_given_to_no_reader_but_taken_over_by_the_next(
    snippet: ModuleType, snippet_file: Path, client: Any, tmp_path: Path
) -> None:
    snippet.add(client, {"email": "a@example.com"})
    worker = tmp_path / "worker.py"
    worker.write_text(
        f"import os, sys, threading\nsys.path.insert(0, {str(snippet_file.parent)!r})\n"
        f"from {snippet_file.stem} import consume\n"
        "consume('dead', lambda fields: os._exit(9), threading.Event())\n"
    )
    assert ran([sys.executable, worker], tmp_path).returncode == 9
    assert read(client, "reader", 10) == 0
    mailer = Mailer()
    with consuming(snippet, "next", mailer.handle):
        until(lambda: mailer.asked and not pending(client), 30)
    assert mailer.asked == ["a@example.com"]


def test_everything_that_a_dead_consumer_held_is_taken_over(
    snippet: ModuleType, client: Any
) -> None:
    snippet.create_group(client)
    emails = [f"{number}@example.com" for number in range(25)]
    for email in emails:
        snippet.add(client, {"email": email})
    assert read(client, "dead", 25) == 25
    mailer = Mailer()
    with consuming(snippet, "next", mailer.handle):
        until(lambda: not pending(client), 30)
    assert mailer.asked == emails


def test_handler_that_is_slower_than_the_wait_has_it_done_twice(
    snippet: ModuleType, client: Any
) -> None:
    asked: list[str] = []
    release = Event()

    def slow(fields: dict[str, str]) -> None:
        asked.append(fields["email"])
        release.wait(30)

    snippet.add(client, {"email": "a@example.com"})
    with consuming(snippet, "one", slow), consuming(snippet, "two", slow):
        until(lambda: len(asked) == 2, 20)
        release.set()
    assert asked == ["a@example.com"] * 2


def test_stream_is_trimmed_though_nobody_has_read_it(
    snippet: ModuleType, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.MAX_LENGTH == 100_000
    monkeypatch.setattr(snippet, "MAX_LENGTH", 100)
    for number in range(1000):
        snippet.add(client, {"email": f"{number}@example.com"})
    # Whole nodes of 100 entries are dropped.
    assert 100 <= client.xlen("signups") <= 200
    assert client.xrange("signups", count=1)[0][1] != {"email": "0@example.com"}


def test_consumer_takes_ten_at_a_time(snippet: ModuleType, client: Any) -> None:
    started, release = Event(), Event()

    def slow(_: dict[str, str]) -> None:
        started.set()
        release.wait(30)

    for number in range(15):
        snippet.add(client, {"email": f"{number}@example.com"})
    with consuming(snippet, "one", slow):
        assert started.wait(20)
        assert pending(client) == 10
        release.set()


def test_entry_that_somebody_else_has_done_is_left_alone(snippet: ModuleType, client: Any) -> None:
    snippet.create_group(client)
    snippet.add(client, {"email": "a@example.com"})
    ((entry_id, fields),) = client.xrange("signups")
    assert read(client, "other", 1) == 1
    assert not snippet.is_over(client, entry_id, fields)
    client.xack(*GROUP, entry_id)
    assert snippet.is_over(client, entry_id, fields)
    assert not client.exists("signups:dead")


def test_blocking_longer_than_the_socket_waits_is_an_error(valkey_url: str) -> None:
    client: Any = redis.Redis.from_url(valkey_url, socket_timeout=0.1, retry=None)
    client.xgroup_create("signups", "welcome-mails", mkstream=True)
    with pytest.raises(redis.TimeoutError):
        read_blocking(client)


def read_blocking(client: Any) -> None:
    """Wait a second for an entry."""
    client.xreadgroup("welcome-mails", "one", {"signups": ">"}, 10, 1000)
