"""What the registry decides, with services that only pretend to start."""

import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.services import reaper, registry
from tests.services.model import Kind, Service, ServiceBroken, ServiceUnavailable, Started
from tests.services.registry import Registry

ADDRESS = "pretend://somewhere"


class Pretend:
    """A kind of service whose providers start or refuse as told, and remember being asked."""

    def __init__(self, *, having: str = "", seconds: float = 0.0) -> None:
        """Give servers from the providers in `having`, each after `seconds`."""
        self.having = having.split()
        self.seconds = seconds
        self.asked: list[str] = []
        starts = {provider: self.start(provider) for provider in ("wheel", "system", "docker")}
        self.kind = Kind("pretend", starts, self.version)

    def start(self, provider: str) -> Callable[[Path], Started]:
        """Give the provider's start function."""

        def started(home: Path) -> Started:
            assert home.is_dir()
            self.asked.append(provider)
            time.sleep(self.seconds)
            if provider not in self.having:
                message = f"{provider} has none"
                raise ServiceUnavailable(message)
            return Started(f"{provider} pretend", ADDRESS)

        return started

    def version(self, url: str) -> str:
        """Answer at one address only."""
        if url != ADDRESS:
            message = "silence"
            raise ServiceBroken(message)
        return "Pretend 1.0"


@pytest.fixture
def pretend(own_registry: Registry) -> Callable[..., Pretend]:
    """Give a function that makes the registry know a pretended service."""

    def known(**arguments: object) -> Pretend:
        made = Pretend(**arguments)  # type: ignore[arg-type]
        registry.KINDS["pretend"] = made.kind
        return made

    assert own_registry.directory.is_dir()
    return known


@pytest.mark.parametrize(
    ("having", "variables", "provider", "asked"),
    [
        pytest.param("wheel system", {}, "wheel pretend", ["wheel"], id="wheel-before-system"),
        pytest.param("docker", {}, "docker pretend", ["wheel", "system", "docker"], id="last"),
        pytest.param(
            "wheel", {"PRETEND_URL": ADDRESS}, "env PRETEND_URL", [], id="address-before-wheel"
        ),
        pytest.param(
            "wheel system",
            {"SERVICE_PROVIDERS": "system, wheel"},
            "system pretend",
            ["system"],
            id="order-for-all",
        ),
        pytest.param(
            "wheel docker",
            {"SERVICE_PROVIDERS": "wheel", "PRETEND_PROVIDER": "docker"},
            "docker pretend",
            ["docker"],
            id="choice-for-one-wins",
        ),
        pytest.param(
            "wheel",
            {"PRETEND_URL": "pretend://dead", "PRETEND_PROVIDER": "wheel"},
            "wheel pretend",
            ["wheel"],
            id="address-not-among-the-chosen",
        ),
    ],
)
def test_providers_are_tried_in_order(
    own_registry: Registry,
    pretend: Callable[..., Pretend],
    monkeypatch: pytest.MonkeyPatch,
    having: str,
    variables: dict[str, str],
    provider: str,
    asked: list[str],
) -> None:
    made = pretend(having=having)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    service = own_registry.get("pretend")

    assert (service.provider, service.url, service.version) == (provider, ADDRESS, "Pretend 1.0")
    assert made.asked == asked
    assert service.label == f"pretend=Pretend 1.0 ({provider})"


def test_unavailable_names_every_reason_and_is_remembered(
    own_registry: Registry, pretend: Callable[..., Pretend]
) -> None:
    made = pretend()
    reason = (
        "no pretend server: env: PRETEND_URL not set; wheel: wheel has none; "
        "system: system has none; docker: docker has none; set PRETEND_URL or start Docker"
    )

    for process in (own_registry, Registry(own_registry.directory)):
        with pytest.raises(ServiceUnavailable) as caught:
            process.get("pretend")
        assert str(caught.value) == reason
    assert made.asked == ["wheel", "system", "docker"]


def test_dead_address_is_broken_even_if_another_provider_could_start(
    own_registry: Registry, pretend: Callable[..., Pretend], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pretend(having="wheel")
    monkeypatch.setenv("PRETEND_URL", "pretend://dead")

    for process in (own_registry, Registry(own_registry.directory)):
        with pytest.raises(ServiceBroken, match="PRETEND_URL is set, but no pretend answers"):
            process.get("pretend")
    assert made.asked == []


def test_unknown_provider_is_broken_and_names_the_variable(
    own_registry: Registry, pretend: Callable[..., Pretend], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(having="wheel")
    monkeypatch.setenv("PRETEND_PROVIDER", "weel")

    with pytest.raises(ServiceBroken, match="PRETEND_PROVIDER: unknown provider 'weel'; use env,"):
        own_registry.get("pretend")


@pytest.mark.parametrize(
    ("name", "hint"), [("postgres", "did you mean 'postgresql'"), ("x", "known: postgresql,")]
)
def test_unknown_service_is_answered_with_what_is_known(
    own_registry: Registry, name: str, hint: str
) -> None:
    with pytest.raises(ValueError, match=hint):
        own_registry.get(name)


def test_processes_that_ask_at_once_get_one_server(
    own_registry: Registry, pretend: Callable[..., Pretend]
) -> None:
    made = pretend(having="wheel", seconds=0.05)

    def ask(_: int) -> Service:
        return Registry(own_registry.directory).get("pretend")

    with ThreadPoolExecutor(4) as pool:
        got = set(pool.map(ask, range(4)))

    assert len(got) == 1
    assert made.asked == ["wheel"]


def test_nothing_starts_once_the_run_is_closed(
    own_registry: Registry, pretend: Callable[..., Pretend]
) -> None:
    made = pretend(having="wheel")
    (own_registry.directory / reaper.CLOSED).touch()

    with pytest.raises(ServiceBroken, match="is over"):
        own_registry.get("pretend")
    assert made.asked == []


def test_run_that_is_gone_says_what_to_unset(tmp_path: Path) -> None:
    with pytest.raises(ServiceBroken, match="is over: unset the variable"):
        Registry(tmp_path / "gone").get("valkey")


def test_remembered_address_is_readable_for_its_owner_only(
    own_registry: Registry, pretend: Callable[..., Pretend]
) -> None:
    pretend(having="wheel")
    own_registry.get("pretend")

    mode = (own_registry.directory / "pretend.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_numbers_are_kept_by_a_process_and_differ_between_them(tmp_path: Path) -> None:
    first, second = Registry(tmp_path), Registry(tmp_path)

    assert [first.own_number("a"), first.own_number("a")] == [0, 0]
    assert [second.own_number("a"), second.own_number("b")] == [1, 0]
    assert [second.own_number("a", "another"), second.own_number("a")] == [2, 1]
