"""Members of an account hear of its orders from every process; strangers and leavers do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from redis import Redis

from tests.services import valkey
from tests.services.model import ServiceUnavailable
from tests.services.registry import Registry
from tests.snippets.loading import loaded, snippet_path
from tests.snippets.processes import ran

OURS = "https://app.example.com"
PAID = {"order": 7, "status": "paid"}
TELL = f"""
import sys
import django_channels_consumer as shop

shop.settings.CHANNEL_LAYERS["default"].update({{"BACKEND": sys.argv[2], "CONFIG": {{}}}})
if "redis" in sys.argv[2]:
    shop.settings.CHANNEL_LAYERS["default"]["CONFIG"] = {{"hosts": [shop.os.environ["REDIS_URL"]]}}
shop.tell(int(sys.argv[1]), "order.event", **{PAID})
"""
LONG = 30.0
"""Seconds within which something happens."""


@pytest.fixture(scope="module")
def snippet(services: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Give the snippet, imported once: a process configures Django once."""
    try:
        service = services.get("valkey")
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    url = valkey.database_url(service.url, services.own_number("valkey-database"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("channels"))
        patch.setenv("REDIS_URL", url)
        patch.setenv("SECRET_KEY", "known to us alone")
        with loaded(snippet_path(Path(__file__))) as module:
            from django.core.management import call_command  # noqa: PLC0415  # set up by now
            from django.db import connection  # noqa: PLC0415

            call_command("migrate", verbosity=0)
            yield module
            connection.close()


@pytest.fixture(autouse=True)
def store(snippet: ModuleType, valkey_url: str) -> Iterator[Any]:
    """Give what is behind the channel layer, empty."""
    assert valkey_url == snippet.os.environ["REDIS_URL"]
    with Redis.from_url(valkey_url) as store:
        yield store


@pytest.fixture
def accounts() -> Iterator[list[int]]:
    """Give the ids of two accounts: Ada and Bob are of the first, Cy of the second."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415  # see `snippet`

    groups = [Group.objects.create(name=name) for name in ("bakery", "butcher")]
    for name, group in (("ada", 0), ("bob", 0), ("cy", 1)):
        User.objects.create(username=name).groups.add(groups[group])
    yield [group.pk for group in groups]
    User.objects.all().delete()
    Group.objects.all().delete()


def headers(name: str | None, origin: str | None) -> list[tuple[bytes, bytes]]:
    """Give what the browser of the user sends."""
    from django.contrib.auth.models import User  # noqa: PLC0415  # see `snippet`
    from django.test import Client  # noqa: PLC0415

    client = Client()
    if name:
        client.force_login(User.objects.get(username=name))
    cookies = "; ".join(f"{one.key}={one.value}" for one in client.cookies.values())
    sent = [(b"cookie", cookies.encode())]
    return [*sent, (b"origin", origin.encode())] if origin else sent


def opened(
    snippet: ModuleType, account: int, name: str | None = None, origin: str | None = OURS
) -> Any:
    """Give the browser's side of a socket; to be called where no event loop runs."""
    from channels.testing import WebsocketCommunicator  # type: ignore[import-untyped]  # noqa: PLC0415

    return WebsocketCommunicator(snippet.application, f"/accounts/{account}", headers(name, origin))


@asynccontextmanager
async def joined(*sockets: Any) -> AsyncIterator[None]:
    for socket in sockets:
        assert await socket.connect(LONG) == (True, None)
    try:
        yield
    finally:
        for socket in sockets:
            await socket.disconnect(timeout=LONG)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * LONG):
            await test()

    asyncio.run(limited())


async def tell(snippet: ModuleType, account: int, kind: str, **data: Any) -> None:
    from asgiref.sync import sync_to_async  # noqa: PLC0415  # see `snippet`

    await sync_to_async(snippet.tell)(account, kind, **data)


@pytest.mark.parametrize(
    ("name", "origin"),
    [(None, OURS), ("cy", OURS), ("ada", "https://evil.example"), ("ada", None)],
    ids=["nobody", "of another account", "from another page", "from no page"],
)
def test_stranger_is_refused(
    snippet: ModuleType, accounts: list[int], store: Any, name: str | None, origin: str | None
) -> None:
    socket = opened(snippet, accounts[0], name, origin)

    async def test() -> None:
        assert await socket.connect(LONG) == (False, 1000)
        await socket.disconnect(timeout=LONG)

    run(test)
    assert not list(store.scan_iter("*group*"))


def test_members_hear_of_each_other_and_of_their_own_account_only(
    snippet: ModuleType, accounts: list[int], store: Any
) -> None:
    ada, bob = (opened(snippet, accounts[0], name) for name in ("ada", "bob"))
    cy = opened(snippet, accounts[1], "cy")

    async def test() -> None:
        async with joined(ada, bob, cy):
            await ada.send_json_to({"watch": 7})
            for socket in (ada, bob):
                expected = {"order": 7, "watched_by": "ada"}
                assert await socket.receive_json_from(LONG) == expected
            await cy.send_json_to({"watch": 8})
            assert await cy.receive_json_from(LONG) == {"order": 8, "watched_by": "cy"}

    run(test)
    assert not list(store.scan_iter("*group*"))


@pytest.mark.parametrize("backend", ["channels_redis.core.RedisChannelLayer", "in memory"])
def test_another_process_is_heard_unless_the_layer_is_in_memory(
    snippet: ModuleType, accounts: list[int], snippet_file: Path, tmp_path: Path, backend: str
) -> None:
    backend = backend.replace("in memory", "channels.layers.InMemoryChannelLayer")
    ada = opened(snippet, accounts[0], "ada")
    command = ["python", "-c", TELL, str(accounts[0]), backend]

    async def test() -> None:
        async with joined(ada):
            env = {"PYTHONPATH": str(snippet_file.parent)}
            told = await asyncio.to_thread(ran, command, tmp_path, env)
            assert told.returncode == 0, told.stderr
            await tell(snippet, accounts[0], "order.event", order=7, status="last")
            if "redis" in backend:
                assert await ada.receive_json_from(LONG) == PAID
            assert await ada.receive_json_from(LONG) == {"order": 7, "status": "last"}

    run(test)


def test_event_waits_for_the_commit(snippet: ModuleType, accounts: list[int], store: Any) -> None:
    from channels.layers import get_channel_layer  # type: ignore[import-untyped]  # noqa: PLC0415

    def waiting() -> int:
        return sum(store.zcard(key) for key in store.scan_iter("asgispecific*"))

    async def listen() -> None:
        layer = get_channel_layer()
        await layer.group_add(f"account.{accounts[0]}", await layer.new_channel())

    asyncio.run(listen())
    with snippet.transaction.atomic():
        snippet.tell(accounts[0], "order.event", **PAID)
        assert waiting() == 0
    assert waiting() == 1
    with snippet.transaction.atomic():
        snippet.tell(accounts[0], "order.event", **PAID)
        snippet.transaction.set_rollback(True)
    assert waiting() == 1
    for _ in range(150):
        snippet.tell(accounts[0], "order.event", **PAID)
    assert waiting() == 100  # the rest is dropped, and nobody is told


def test_order_is_saved_though_the_channel_layer_is_down(
    snippet: ModuleType,
    accounts: list[int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from channels_redis.core import RedisChannelLayer  # type: ignore[import-untyped]  # noqa: PLC0415

    nowhere = RedisChannelLayer(hosts=["redis://127.0.0.1:1"])
    monkeypatch.setattr(snippet, "get_channel_layer", lambda: nowhere)
    with snippet.transaction.atomic():
        snippet.tell(accounts[0], "order.event", **PAID)
    assert "Error calling" in caplog.text


def test_member_who_is_removed_is_out_at_once_and_the_others_stay(
    snippet: ModuleType, accounts: list[int]
) -> None:
    ada, bob = (opened(snippet, accounts[0], name) for name in ("ada", "bob"))

    async def test() -> None:
        async with joined(ada, bob):
            await tell(snippet, accounts[0], "member.removed", name="ada")
            closed = await ada.receive_output(LONG)
            assert closed == {"type": "websocket.close", "code": 4403}
            await tell(snippet, accounts[0], "order.event", **PAID)
            assert await bob.receive_json_from(LONG) == PAID

    run(test)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"bytes_data": b"\x00"}, 1003),
        ({"text_data": "{"}, 1003),
        ({"text_data": '{"watch": "7"}'}, 1008),
        ({"text_data": '{"type": "member.removed"}'}, 1008),
        ({"text_data": "[]"}, 1008),
    ],
)
def test_what_is_not_understood_ends_the_conversation(
    snippet: ModuleType, accounts: list[int], frame: dict[str, Any], code: int
) -> None:
    ada = opened(snippet, accounts[0], "ada")

    async def test() -> None:
        async with joined(ada):
            await ada.send_to(**frame)
            assert await ada.receive_output(LONG) == {"type": "websocket.close", "code": code}

    run(test)


def test_socket_drops_out_of_its_group_after_a_day(
    snippet: ModuleType, accounts: list[int], store: Any
) -> None:
    ada, bob = (opened(snippet, accounts[0], name) for name in ("ada", "bob"))

    async def test() -> None:
        async with joined(ada):
            (key,) = store.scan_iter("*group*")
            (channel,) = store.zrange(key, 0, -1)
            store.zincrby(key, -86_401, channel)
            async with joined(bob):
                await tell(snippet, accounts[0], "order.event", **PAID)
                assert await bob.receive_json_from(LONG) == PAID
                assert store.zscore(key, channel) is None

    run(test)
    assert ada.output_queue.empty()


def test_event_of_a_kind_that_nobody_knows_breaks_the_connection(
    snippet: ModuleType, accounts: list[int]
) -> None:
    ada = opened(snippet, accounts[0], "ada")

    async def test() -> None:
        assert await ada.connect(LONG) == (True, None)
        await tell(snippet, accounts[0], "order.archived")
        with pytest.raises(ValueError, match=r"No handler for message type order\.archived"):
            await ada.wait(LONG)

    run(test)


def test_idle_socket_stays_for_the_client_is_more_patient_than_the_layer(
    snippet: ModuleType,
) -> None:
    layer = snippet.get_channel_layer()
    assert layer.hosts[0]["socket_timeout"] >= 3 * layer.brpop_timeout


def test_client_less_patient_than_the_layer_breaks_an_idle_socket(
    snippet: ModuleType, accounts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis  # noqa: PLC0415  # see `store`

    ada = opened(snippet, accounts[0], "ada")
    monkeypatch.setitem(snippet.get_channel_layer().hosts[0], "socket_timeout", 0.5)

    async def test() -> None:
        assert await ada.connect(LONG) == (True, None)
        with pytest.raises(redis.exceptions.TimeoutError):
            await ada.wait(LONG)

    run(test)


def test_pages_are_served_by_django(snippet: ModuleType) -> None:
    assert snippet.application.application_mapping["http"] is snippet.pages
