from pathlib import Path

import pytest

from tools.pip_settings import pip_settings, uv_environment

MIRROR = "https://mirror.example/simple"
OTHER = "https://other.example/simple"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Give the environment of somebody whose only pip.conf is `pip.conf` in `tmp_path`."""
    folder = tmp_path / "config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\n", encoding="utf-8")
    nowhere = str(tmp_path / "nowhere")
    return {
        "HOME": nowhere,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CONFIG_DIRS": nowhere,
    }


@pytest.mark.parametrize(
    ("told_pip", "told_uv"),
    [
        pytest.param({}, {"UV_DEFAULT_INDEX": MIRROR}, id="file"),
        pytest.param({"PIP_INDEX_URL": OTHER}, {"UV_DEFAULT_INDEX": OTHER}, id="variable-wins"),
        pytest.param({"PIP_DEFAULT_TIMEOUT": "9"}, {"UV_HTTP_TIMEOUT": "9"}, id="timeout"),
        pytest.param({"PIP_TIMEOUT": "9"}, {"UV_HTTP_TIMEOUT": "9"}, id="timeout-short"),
        pytest.param({"PIP_FIND_LINKS": "a b"}, {"UV_FIND_LINKS": "a,b"}, id="links"),
        pytest.param({"PIP_CERT": "ca.pem"}, {"SSL_CERT_FILE": "ca.pem"}, id="certificate"),
        pytest.param(
            {"PIP_EXTRA_INDEX_URL": f"{OTHER}\n{MIRROR}"},
            {"UV_INDEX": f"{OTHER} {MIRROR}", "UV_INDEX_STRATEGY": "unsafe-best-match"},
            id="extra-indexes",
        ),
    ],
)
def test_uv_is_told_what_pip_was_told(
    home: dict[str, str], told_pip: dict[str, str], told_uv: dict[str, str]
) -> None:
    result = uv_environment(home | told_pip)

    assert {name: result.get(name) for name in told_uv} == told_uv


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_uv_was_told_stays(home: dict[str, str], name: str) -> None:
    result = uv_environment(home | {name: OTHER})

    assert [result.get(each) for each in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")].count(MIRROR) == 0
    assert result[name] == OTHER


def test_lock_sees_no_index_that_only_this_machine_adds(home: dict[str, str]) -> None:
    environ = home | {"PIP_EXTRA_INDEX_URL": OTHER, "PIP_FIND_LINKS": "folder"}

    result = uv_environment(environ, additions=False)

    assert result["UV_DEFAULT_INDEX"] == MIRROR
    assert {"UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY"}.isdisjoint(result)


def test_no_configuration_is_read_when_pip_was_told_so(home: dict[str, str]) -> None:
    assert "index-url" not in pip_settings(home | {"PIP_CONFIG_FILE": "/dev/null"})


def test_broken_configuration_is_left_to_pip(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config" / "pip" / "pip.conf").write_text("index-url = x\n", encoding="utf-8")

    assert "index-url" not in pip_settings(home)
