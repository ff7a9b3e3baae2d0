"""Running a file alone gives a record that tells a whole run from every other."""

import time
from pathlib import Path

import pytest

from tests.proof.record import Record
from tests.proof.running import run_alone
from tests.proof.things import Thing

PASSES = "def test_one():\n    pass\n"
SNIPPET = """\
def sign(number):
    if number < 0:
        return "negative"
    return "positive"
"""
LOADS_SNIPPET = """\
import pathlib, runpy
PATH = pathlib.Path(__file__).with_name("snippet.py")
def test_positive():
    assert runpy.run_path(str(PATH))["sign"](1) == "positive"
"""
ENDS_ITSELF = """\
print("works", flush=True)
"""
WAITS = """\
import time
print("works", flush=True) or time.sleep(20)
"""
FORKS = """\
import os
def child():
    print("works", flush=True)
    os._exit(0)
os.fork() or child()
os.wait()
"""
STARTS_WORKER = """\
import pathlib, subprocess, sys
PATH = pathlib.Path(__file__).with_name("snippet.py")
def test_worker():
    with subprocess.Popen([sys.executable, PATH], stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"works\\n"
        if "sleep" in PATH.read_text():
            worker.terminate()
"""
FAILS_IN_SETUP = """\
import pytest
@pytest.fixture
def broken():
    raise RuntimeError("no server")
def test_two(broken):
    pass
"""
LEAVES_A_PROCESS_AND_HANGS = """\
import subprocess, sys, threading
def test_hangs(capfd):
    with capfd.disabled():
        print("here it hangs", flush=True)
        left = [sys.executable, "-c", "import time; time.sleep(20)"]
        subprocess.Popen(left)
    threading.Event().wait()
"""
STILL_WRITES = """\
import itertools, os, pathlib, time
folder, end = pathlib.Path(os.environ["PYTEST_DEBUG_TEMPROOT"]), time.monotonic() + 4
for number in itertools.count():
    if folder.is_dir() and time.monotonic() < end:
        folder.joinpath(f"line-{number}").touch()
    else:
        break
"""
LEAVES_A_WRITER = f"""\
import os, subprocess, sys
def test_leaves():
    left = [sys.executable, "-c", {STILL_WRITES!r}]
    subprocess.Popen(left, start_new_session=True, stdout=subprocess.DEVNULL)
"""


def run_of(root: Path, text: str, *sources: str, timeout: float = 60) -> Record:
    """The record of a test file with this text."""
    (root / "test_it.py").write_text(text, "utf-8")
    thing = Thing("snippet", "some/thing", Path("test_it.py"), tuple(map(Path, sources)), ())
    return run_alone(thing, root, timeout)


def test_passing_file_is_a_whole_run(tmp_path: Path) -> None:
    """Two passed, nothing else; what it imported is known."""
    record = run_of(tmp_path, f"import wave\n{PASSES}def test_two():\n    pass\n")
    assert (record.passed, record.failures, record.skipped) == (2, (), ())
    assert record.left_out == []
    assert "wave" in record.imported


def test_pytest_that_a_test_starts_has_none_of_our_plugins(tmp_path: Path) -> None:
    """It would write our record, and measure for us."""
    text = "import os\ndef test_one():\n    assert 'PYTEST_PLUGINS' not in os.environ\n"
    assert run_of(tmp_path, text).failures == ()


@pytest.mark.parametrize(
    ("text", "passed", "said"),
    [
        pytest.param(f"{PASSES}def test_two():\n    assert 1 == 2\n", 1, "1 == 2", id="assertion"),
        pytest.param(PASSES + FAILS_IN_SETUP, 1, "(setup)", id="setup"),
        pytest.param("import no_such_module\n" + PASSES, 0, "no_such_module", id="import"),
        pytest.param(
            f"import pytest\n{PASSES}def test_two():\n    pytest.exit('gone', 1)\n",
            1,
            "broken off: gone",
            id="exit in the middle",
        ),
        pytest.param(
            f"import pytest\n{PASSES}def test_two():\n    pytest.exit('gone', 0)\n",
            1,
            "broken off: gone",
            id="exit that claims success",
        ),
        pytest.param(
            f"import atexit, os\natexit.register(os._exit, 7)\n{PASSES}",
            1,
            "exit code 7",
            id="exit code after a good record",
        ),
        pytest.param(
            f"import os\n{PASSES}def test_two():\n    os._exit(0)\n",
            0,
            "no record was written",
            id="process gone",
        ),
    ],
)
def test_anything_that_goes_wrong_is_one_failure(
    tmp_path: Path, text: str, passed: int, said: str
) -> None:
    """A test that passed before does not make up for it, and the failure says what happened."""
    record = run_of(tmp_path, text)
    assert record.passed == passed
    assert len(record.failures) == 1
    assert said in record.failures[0]


def test_run_without_end_is_a_failure_that_shows_the_output(tmp_path: Path) -> None:
    """The time it had is named; a process that it left behind is not waited for."""
    started = time.monotonic()
    record = run_of(tmp_path, LEAVES_A_PROCESS_AND_HANGS, timeout=4)
    assert time.monotonic() - started < 15
    assert record.passed == 0
    (failure,) = record.failures
    assert failure.startswith("test_it.py: not done after 4 seconds")
    assert "here it hangs" in failure


def test_process_that_still_writes_does_not_spoil_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files lie in the folder that is being removed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    record = run_of(tmp_path, LEAVES_A_WRITER)
    assert (record.passed, record.failures) == (1, ())


@pytest.mark.parametrize(
    ("text", "passed", "reasons"),
    [
        pytest.param(
            f"import pytest\n{PASSES}def test_two():\n    pytest.skip('no wrk')\n",
            1,
            ["no wrk"],
            id="one of two",
        ),
        pytest.param(
            f"import pytest\npytest.skip('not here', allow_module_level=True)\n{PASSES}",
            0,
            ["not here"],
            id="file",
        ),
        pytest.param("", 0, ["its test file holds no test"], id="no test"),
    ],
)
def test_skipped_test_is_no_failure_and_its_reason_is_kept(
    tmp_path: Path, text: str, passed: int, reasons: list[str]
) -> None:
    """What passed is counted, and the run is not whole."""
    record = run_of(tmp_path, text)
    assert (record.passed, record.failures) == (passed, ())
    assert record.left_out == reasons


def test_lines_that_did_not_run_are_named(tmp_path: Path) -> None:
    """The negative branch is line 3; a file that ran wholly is not named."""
    (tmp_path / "snippet.py").write_text(SNIPPET, "utf-8")
    record = run_of(tmp_path, LOADS_SNIPPET, "snippet.py")
    assert record.failures == ()
    assert record.uncovered == {"snippet.py": (3,)}
    assert record.idle_lines == ["snippet.py: lines 3 did not run"]
    whole = SNIPPET.replace("number < 0", "number > 0").replace('return "positive"', "")
    (tmp_path / "snippet.py").write_text(whole.replace("negative", "positive"), "utf-8")
    assert run_of(tmp_path, LOADS_SNIPPET, "snippet.py").idle_lines == []


@pytest.mark.parametrize(
    "worker",
    [
        pytest.param(ENDS_ITSELF, id="ends itself"),
        pytest.param(WAITS, id="is told to end"),
        pytest.param(FORKS, id="forks"),
    ],
)
def test_lines_that_ran_in_a_process_of_its_own_count(tmp_path: Path, worker: str) -> None:
    """A worker that a test starts runs the snippet too; only one that is killed forgets it."""
    (tmp_path / "snippet.py").write_text(worker, "utf-8")
    record = run_of(tmp_path, STARTS_WORKER, "snippet.py")
    assert record.failures == ()
    assert record.idle_lines == []
