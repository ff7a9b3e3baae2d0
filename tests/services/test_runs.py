"""Whole pytest runs, each seen from outside: exit code, report, and what they leave behind."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests.services import reaper
from tests.services.conftest import RunPytest, command, environment
from tests.services.registry import RUN_VARIABLE, Registry
from tests.services.run import place
from tests.services.running import free_port
from tests.services.waiting import wait_for

USES_VALKEY = "def test_uses_it(valkey_url): pass\n"
USES_NOTHING = "def test_other(): pass\n"
SKIPS_ITSELF = "import pytest\ndef test_uses_it(valkey_url): pytest.skip('not today')\n"
OFF = {"SERVICE_PROVIDERS": ""}
CI = {"CI": "true"}
NOT_USED = "ERROR: valkey is required and no test ran against it"


@pytest.mark.parametrize(
    ("test_file", "arguments", "changes", "exit_code", "text"),
    [
        pytest.param(USES_VALKEY, [], OFF, 0, "SKIPPED", id="missing-skips"),
        pytest.param(USES_VALKEY, [], OFF | CI, 1, "required in CI: no valkey", id="missing-in-ci"),
        pytest.param(
            USES_VALKEY, ["--require-services"], OFF, 1, "required in CI", id="missing-but-demanded"
        ),
        pytest.param(USES_VALKEY, [], CI, 0, "Valkey 9.", id="used-in-ci"),
        pytest.param(USES_NOTHING, [], CI, 1, NOT_USED, id="unused-in-ci"),
        pytest.param(SKIPS_ITSELF, [], CI, 1, NOT_USED, id="only-skipped-in-ci"),
        pytest.param(
            USES_NOTHING, ["-k", "other"], CI, 0, "not asked for", id="unused-in-narrowed-run"
        ),
        pytest.param(
            USES_NOTHING,
            ["-k", "other", "--require-services"],
            {},
            1,
            NOT_USED,
            id="unused-but-demanded",
        ),
        pytest.param(
            USES_NOTHING, ["test_it.py"], CI, 0, "not asked for", id="unused-by-a-given-path"
        ),
        pytest.param(USES_NOTHING, [], {}, 0, "not asked for", id="unused-outside-ci"),
    ],
)
def test_exit_code_says_whether_required_services_were_used(
    run_pytest: RunPytest,
    test_file: str,
    arguments: list[str],
    changes: dict[str, str],
    exit_code: int,
    text: str,
) -> None:
    done = run_pytest(test_file, *arguments, **changes)

    assert done.returncode == exit_code, done.stdout + done.stderr
    assert text in done.stdout


def test_missing_service_skips_with_the_reason_and_a_cure(run_pytest: RunPytest) -> None:
    done = run_pytest(USES_VALKEY, SERVICE_PROVIDERS="env")

    reason = "no valkey server: env: VALKEY_URL not set; set VALKEY_URL or start Docker"
    assert f": {reason}" in done.stdout
    assert f"MISSING: {reason}" in done.stdout


@pytest.mark.parametrize(
    ("variable", "fixture", "scheme"),
    [("VALKEY_URL", "valkey_url", "redis"), ("POSTGRESQL_URL", "postgresql_url", "postgresql")],
)
def test_address_that_is_dead_fails(
    run_pytest: RunPytest, variable: str, fixture: str, scheme: str
) -> None:
    address = f"{scheme}://127.0.0.1:{free_port()}/0"
    done = run_pytest(f"def test_uses_it({fixture}): pass\n", **{variable: address})

    assert done.returncode == 1
    assert f"{variable} is set, but no" in done.stdout
    assert "BROKEN" in done.stdout


@pytest.mark.parametrize("name", ["postgresql", "valkey"])
def test_address_that_answers_is_used_as_it_is(
    run_pytest: RunPytest, request: pytest.FixtureRequest, name: str
) -> None:
    variable = f"{name.upper()}_URL"
    address = request.getfixturevalue(f"{name}_url")
    test_file = f"def test_uses_it({name}_url, services):\n    "
    test_file += f"assert services.get({name!r}).url == {address!r}\n"

    done = run_pytest(test_file, **{variable: address})

    assert done.returncode == 0, done.stdout
    assert f", env {variable}, answered after" in done.stdout


def test_unknown_required_service_is_a_usage_error(run_pytest: RunPytest, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "pyproject.toml").write_text(
        '[tool.stackproof.services]\nrequired-in-ci = ["valky"]\n', encoding="utf-8"
    )

    done = run_pytest(USES_NOTHING, "--rootdir", str(other), CI="true")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "unknown service 'valky'; did you mean 'valkey'?" in done.stderr


def test_workers_share_one_server_and_the_controller_counts_their_tests(
    run_pytest: RunPytest, tmp_path: Path
) -> None:
    test_file = (
        "import pathlib, pytest\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_uses_it(valkey_url, n, worker_id):\n"
        f"    pathlib.Path({str(tmp_path)!r}, f'seen-{{n}}').write_text("
        "worker_id + ' ' + valkey_url)\n"
    )

    done = run_pytest(test_file, "-p", "xdist.plugin", "-n", "2")

    seen = {tuple(path.read_text().split()) for path in tmp_path.glob("seen-*")}
    assert done.returncode == 0, done.stdout
    assert "4 tests" in done.stdout
    assert len({url.rpartition("/")[0] for _, url in seen}) == 1
    assert len({url for _, url in seen}) == len({worker for worker, _ in seen})


def test_child_process_uses_the_server_of_this_run(
    run_pytest: RunPytest, services: Registry, valkey_url: str, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    test_file = (
        f"import pathlib\ndef test_it(valkey_url):\n"
        f"    pathlib.Path({str(seen)!r}).write_text(valkey_url)\n"
    )

    done = run_pytest(test_file, **{RUN_VARIABLE: str(services.directory)})

    server, _, database = seen.read_text().rpartition("/")
    assert done.returncode == 0, done.stdout
    assert server == valkey_url.rpartition("/")[0]
    assert database != valkey_url.rpartition("/")[2]


def test_child_process_need_not_use_what_the_run_requires(
    run_pytest: RunPytest, tmp_path: Path
) -> None:
    done = run_pytest(USES_NOTHING, CI="true", **{RUN_VARIABLE: str(tmp_path)})

    assert done.returncode == 0, done.stdout


def servers_idle(directory: Path) -> bool:
    return (directory / "ready").exists()


def cluster_being_created(directory: Path) -> bool:
    return any(directory.glob("stackproof-services-*/postgresql/wheel/data/*"))


@pytest.mark.parametrize("moment", [servers_idle, cluster_being_created])
def test_killed_run_leaves_nothing_behind(
    open_directory: Path, tmp_path: Path, moment: Callable[[Path], bool]
) -> None:
    ready = open_directory / "ready"
    (tmp_path / "test_it.py").write_text(
        "import pathlib, threading\n"
        "def test_waits(valkey_url, postgresql_url):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
        "    threading.Event().wait()\n"
    )
    run = subprocess.Popen(
        command(), cwd=tmp_path, env=environment(open_directory), stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: moment(open_directory) or run.poll() is not None, seconds=30)
        assert reaper.servers(open_directory)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    ready.unlink(missing_ok=True)

    wait_for(lambda: not reaper.servers(open_directory), seconds=10)
    wait_for(lambda: not list(open_directory.iterdir()), seconds=10)


@pytest.mark.parametrize(
    ("free", "available", "flags", "named", "where"),
    [
        pytest.param(3, 3, 0, {}, "memory", id="room"),
        pytest.param(1, 3, 0, {}, "disk", id="small"),
        pytest.param(3, 1, 0, {}, "disk", id="memory-in-use"),
        pytest.param(3, 3, os.ST_NOEXEC, {}, "disk", id="runs-no-programs"),
        pytest.param(3, 3, 0, {"TMPDIR": "/tmp"}, "disk", id="named-by-the-user"),
    ],
)
def test_servers_keep_their_data_in_memory_that_has_room(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    available: int,
    flags: int,
    named: dict[str, str],
    where: str,
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    for name, text in named.items():
        monkeypatch.setenv(name, text)
    disk = SimpleNamespace(f_flag=flags, f_bavail=free, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    memory = SimpleNamespace(available=available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert place(tmp_path, room=2) == (tmp_path if where == "memory" else None)


def test_without_a_disk_in_memory_servers_keep_their_data_with_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    assert place(tmp_path / "none", room=0) is None
