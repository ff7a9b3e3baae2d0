"""Run a snippet that is a test file where it stands, or a changed copy of it, and read the report.

Mostly in this process, so that planting ten bugs does not start ten interpreters.
"""

import gc
import importlib
import os
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.snippets.processes import ran_pytest

SETTINGS = "[pytest]\nstrict = true\nfilterwarnings = error\n"
# A plugin's assertions are not what is tested.
IMPORTED = "-Wignore:Module already imported so cannot be rewritten"


@dataclass
class Report:
    """How each test of a run ended (`passed`, `failed`, `skipped`), and what the failures said."""

    outcomes: dict[str, str] = field(default_factory=dict)
    said: str = ""

    @property
    def passed(self) -> set[str]:
        """The tests that passed, with their parameters."""
        return {name for name, outcome in self.outcomes.items() if outcome == "passed"}

    @property
    def broken(self) -> set[str]:
        """The tests that failed, also before they began or after they ended."""
        return {name for name, outcome in self.outcomes.items() if outcome == "failed"}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst that happened to the test, whose set-up and clean-up count too."""
        name = report.nodeid.partition("::")[2]
        if report.failed or (report.skipped and name not in self.outcomes):
            self.outcomes[name] = report.outcome
        elif report.when == "call":
            self.outcomes.setdefault(name, report.outcome)
        self.said += report.longreprtext

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported has no tests and a reason."""
        self.said += report.longreprtext


def ran_suite(
    file: Path,
    *options: str,
    plugins: Sequence[str] = (),
    path: Path | None = None,
    settings: str | Path = SETTINGS,
    env: Mapping[str, str] | None = None,
) -> Report:
    """Run the test file as `settings` configures it, a text or a file.

    `path` is the folder of the app under test.
    """
    report = Report()
    before = set(sys.modules)
    with tempfile.TemporaryDirectory() as temporary, pytest.MonkeyPatch.context() as patch:
        ini = Path(temporary) / "pytest.ini"
        if isinstance(settings, str):
            ini.write_text(settings, "utf-8")
        else:
            ini = settings
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_PLUGINS", ",".join(plugins))
        # Nobody asks by TLS, and each HTTP client would read the certificates of all authorities.
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", temporary)
        for name, text in (env or {}).items():
            patch.setenv(name, text)
        patch.setattr(sys, "path", [*([str(path)] if path else []), *sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)  # a planted bug may have the same size
        words = [
            str(file),
            "-q",
            "--tb=native",
            "-c",
            str(ini),
            "--rootdir",
            str(file.parent),
        ]
        words += ["-p", "no:cacheprovider", "-p", "no:faulthandler"]
        words += [*options, IMPORTED]  # the last filter wins, also over `-Werror`
        for plugin in plugins:
            importlib.import_module(plugin)  # Hypothesis does not see what is frozen
        gc.freeze()  # pytest collects garbage at its end, and need not look at what was before
        try:
            code = pytest.main(words, plugins=[report])
        finally:
            gc.unfreeze()
            forget(before, [file.parent, *([path] if path else [])])
    assert (code == pytest.ExitCode.OK) == (not report.broken), (code, report.said)
    return report


def ran_suite_apart(
    file: Path,
    *options: str,
    others: Sequence[Path] = (),
    plugins: Sequence[str] = (),
    path: Path | None = None,
    settings: str | Path = SETTINGS,
    env: Mapping[str, str] | None = None,
) -> Report:
    """Do the same in a process of its own, for what a process can hold only once, as Django.

    It may run other files of the folder too, whose tests are reported as `<stem>::<name>`.
    """
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        ini = Path(temporary) / "pytest.ini"
        if isinstance(settings, str):
            ini.write_text(settings, "utf-8")
        else:
            ini = settings
        written = Path(temporary) / "report.xml"
        words = [file.name, "--tb=native", "-c", str(ini), "--rootdir", str(file.parent)]
        found = {"PYTHONPATH": str(path)} if path else {}
        quiet = {"PYTHONDONTWRITEBYTECODE": "1", **found, **(env or {})}
        words += [*(other.name for other in others), f"--junitxml={written}", *options]
        done = ran_pytest(file.parent, *words, plugins=plugins, env=quiet)
        report.said = done.stdout + done.stderr
        assert written.is_file(), report.said
        for case in ET.parse(written).getroot().iter("testcase"):
            tags = {child.tag for child in case}
            name = f"{case.get('classname')}::{case.get('name')}".removeprefix(f"{file.stem}::")
            if tags & {"failure", "error"}:
                report.outcomes[name] = "failed"
            else:
                report.outcomes.setdefault(name, "skipped" if "skipped" in tags else "passed")
    assert (done.returncode == pytest.ExitCode.OK) == (not report.broken), report.said
    return report


def forget(before: set[str], folders: Sequence[Path]) -> None:
    """Drop the modules that were imported from the folders, as the next run has others."""
    for name in set(sys.modules) - before:
        origin = str(getattr(sys.modules[name], "__file__", None) or "")
        if any(origin.startswith(str(folder) + os.sep) for folder in folders):
            del sys.modules[name]


def changed(file: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Copy the file into the folder with each text, which must stand there once, replaced."""
    text = file.read_text("utf-8")
    for before, after in changes:
        assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
        text = text.replace(before, after)
    folder.mkdir(exist_ok=True)
    copy = folder / file.name
    copy.write_text(text, "utf-8")
    return copy
