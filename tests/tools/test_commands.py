"""`make help`, `make check` and the environment in which tests run."""

import os
import re
import socket
import sys
from pathlib import Path

import pytest

from tools import check, serve
from tools.run import environment_for, own_environment

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "serve",
    "build",
    "test",
    "check",
    "fix",
    "lock",
    "mutate",
    "prove",
    "bench",
    "help",
    "clean",
}


def rules() -> dict[str, str]:
    """Give the rules of the Makefile by target, each with its recipe."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    blocks = re.findall(r"^([a-z][a-z-]*):(?!=)(.*\n(?:\t.*\n)*)", text, re.MULTILINE)
    return dict(blocks)


def test_every_command_explains_itself() -> None:
    explained = {name for name, rule in rules().items() if "## " in rule}
    assert explained == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS - {"help", "clean"}))
def test_every_command_does_its_own_set_up(name: str) -> None:
    rule = rules()[name]
    assert "-environment" in rule.splitlines()[0] or "$(environment)" in rule


def test_every_command_is_phony() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert found
    assert set(found[1].split()) == set(rules())


def test_checks_run_programs_that_are_installed() -> None:
    folder = Path(sys.executable).parent
    programs = {step.command[0] for step in check.steps(ROOT, "unused")}
    assert {name for name in programs if not os.access(folder / name, os.X_OK)} == set()


def test_site_is_never_built_quietly() -> None:
    """With `-q` a strict build of mkdocs ends well in spite of broken links."""
    [build] = [step for step in check.steps(ROOT, "unused") if step.name == "site"]
    assert {"-q", "--quiet"}.isdisjoint(build.command)
    assert "--strict" in build.command


def test_failed_check_says_what_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = check.Step("sums", ("python", "-c", "raise SystemExit('2 + 2 = 5')"), "run `make x`")
    passing = check.Step("words", ("python", "-c", "print('all fine')"), "")
    monkeypatch.setattr(check, "steps", lambda _root, _site: [failing, passing])

    assert check.main([]) == 1
    told = capsys.readouterr().out
    assert "2 + 2 = 5" in told
    assert told.splitlines()[-1] == "make check: sums failed; run `make x`"
    assert "all fine" not in told


def test_unknown_check_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["spelling"]) == 2
    assert "no check is called spelling" in capsys.readouterr().out


def test_taken_port_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((serve.ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]

        assert serve.main([str(port)]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"make: port {port} is taken")
    assert told.err.count("\n") == 1


def test_tests_run_alike_whatever_the_shell_is_set_to() -> None:
    first = own_environment({"PATH": "/bin", "TZ": "Asia/Tokyo", "LC_ALL": "de_DE", "CI": "true"})
    second = own_environment({"PATH": "/bin", "PYTHONPATH": "x", "LANGUAGE": "fr", "CI": "true"})

    assert first == second
    assert first["PATH"] == f"{Path(sys.executable).parent}:/bin"
    assert first["CI"] == "true"


@pytest.mark.parametrize(
    ("module", "reads"), [("pytest", False), ("tests.proof", False), ("tools.packages", True)]
)
def test_tests_do_not_read_the_certificates_of_all_authorities(module: str, *, reads: bool) -> None:
    """What asks the network needs them."""
    assert ("SSL_CERT_FILE" in environment_for(module, {"SSL_CERT_FILE": "all.crt"})) is reads
