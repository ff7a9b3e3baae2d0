"""`make prove` writes only what a whole run gave, and its exit code tells the rest."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from guide.proofs import Proof
from tests.proof import __main__ as command
from tests.proof.conftest import record
from tests.proof.proving import proof_text
from tests.proof.record import Record
from tests.proof.things import Thing

SNIPPET = "data/proof/snippet/stores/keep-state.json"
PROBE = "data/proof/probe/stores/survives-kill.json"
BENCHMARK = "data/proof/benchmark/stores/writes.json"
KEPT = [("outcome", ["red", "kept"]), ("outcome", ["blue", "lost"])]
LOST = [("outcome", ["red", "lost"]), ("outcome", ["blue", "lost"])]
FAST = [
    ("figure", ["red", {"rounds": [1, 1]}]),
    ("figure", ["blue", {"rounds": [1.4, 1.6], "raw": {"median": 150, "unit": "writes/s"}}]),
]

Runs = Callable[..., None]
"""Sets the records that runs leave, by kind; a kind left out must not run."""


class NoRun:
    """In place of the run with servers: the session that runs this test has one of its own."""

    def close(self) -> bool:
        return True


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    def leave(**records: Record) -> None:
        def run(thing: Thing, root: Path) -> Record:
            return records[thing.kind]

        monkeypatch.setattr(command, "run_alone", run)

    monkeypatch.setattr(command, "Run", NoRun)
    # The clients of the sample exist nowhere.
    monkeypatch.setattr("tests.proof.proving.closure", lambda _: {})
    leave()
    return leave


def proofs(root: Path) -> dict[str, bytes]:
    """Every file below data/proof, by path."""
    files = (path for path in (root / "data/proof").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_whole_runs_are_written(root: Path, runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """All three proofs are whole files in the form that a run gives, and nothing lies beside."""
    runs(snippet=record(), probe=record(properties=KEPT), benchmark=record(properties=FAST))
    assert command.main([], root) == 0
    assert set(proofs(root)) == {SNIPPET, PROBE, BENCHMARK}
    for content in proofs(root).values():
        proof = Proof.model_validate_json(content)
        assert proof_text(proof).encode() == content
    out = capsys.readouterr().out
    assert re.search(r"^ran +\d+\.\d s  probe/stores/survives-kill$", out, re.MULTILINE)
    assert out.endswith("\n3 chosen: 3 ran\n")


def test_interrupted_writing_leaves_the_earlier_proof(
    root: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes in one step or not at all."""
    before = (root / SNIPPET).read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    runs(snippet=record())
    with pytest.raises(KeyboardInterrupt):
        command.main(["kind=snippet"], root)
    assert (root / SNIPPET).read_bytes() == before


@pytest.mark.parametrize(
    ("left", "said"),
    [
        pytest.param(record(failures=("test_x: 1 == 2",)), "test_x: 1 == 2", id="failed test"),
        pytest.param(
            record(uncovered={"snippets/stores/keep_state.py": [3, 5]}),
            "snippets/stores/keep_state.py: lines 3, 5 did not run",
            id="line left out",
        ),
        pytest.param(
            record(properties=[("figure", ["blue", {"rounds": []}])]),
            "the figure of blue: rounds: no round was measured",
            id="figure of nothing",
        ),
        pytest.param(
            record(failures=("test_x: 1 == 2",), skipped=("no wrk",)),
            "test_x: 1 == 2",
            id="failed and skipped",
        ),
    ],
)
def test_failed_run_is_told_and_writes_nothing(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str], left: Record, said: str
) -> None:
    """Exit code 1, and the earlier proof stands."""
    before = proofs(root)
    runs(snippet=left)
    assert command.main(["kind=snippet"], root) == 1
    assert proofs(root) == before
    out = capsys.readouterr().out
    assert f"         {said}\n" in out
    assert out.endswith("\n1 chosen: 1 failed\n")


@pytest.mark.parametrize("check", [[], ["check=1"]], ids=["write", "check"])
@pytest.mark.parametrize("kind", ["snippet", "probe", "benchmark"])
def test_run_that_skipped_anything_proves_nothing(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str], kind: str, check: list[str]
) -> None:
    """One test passed, another was skipped: told with the reason, no proof written."""
    before = proofs(root)
    left = {"snippets/stores/keep_state.py": [2]}
    runs(**{kind: record(skipped=("no wrk", "no wrk"), properties=LOST, uncovered=left)})
    assert command.main([f"kind={kind}", *check], root) == 0
    assert proofs(root) == before
    out = capsys.readouterr().out
    assert out.startswith("skipped ")
    assert out.count("no wrk") == 1
    assert out.endswith("\n1 chosen: 1 skipped\n")


def test_last_line_counts_each_word(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was chosen is not called proven."""
    runs(
        snippet=record(failures=("x",)),
        probe=record(properties=KEPT),
        benchmark=record(passed=0, skipped=("no wrk",)),
    )
    assert command.main([], root) == 1
    assert capsys.readouterr().out.endswith("\n3 chosen: 1 ran, 1 skipped, 1 failed\n")


def test_check_of_an_equal_run_passes_and_writes_nothing(root: Path, runs: Runs) -> None:
    """The date and versions of a proof stay as they are."""
    before = proofs(root)
    runs(probe=record(properties=KEPT), snippet=record(), benchmark=record(properties=FAST))
    assert command.main(["check=1"], root) == 0
    assert proofs(root) == before


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (record(properties=LOST), "red was 'kept' and is 'lost'"),
        (record(properties=KEPT[:1]), "blue was 'lost' and is 'missing'"),
    ],
    ids=["other outcome", "outcome gone"],
)
def test_contradiction_is_told_and_fails_only_a_check(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str], left: Record, said: str
) -> None:
    """A check leaves the proof as it is; without it the new outcome is written, and told."""
    before = proofs(root)
    runs(probe=left)
    assert command.main(["kind=probe", "check=1"], root) == 1
    assert proofs(root) == before
    out = capsys.readouterr().out
    assert f"         {said}\n" in out
    assert out.endswith("\n1 chosen: 1 differs\n")
    assert command.main(["kind=probe"], root) == 0
    assert f"         changed: {said}\n" in capsys.readouterr().out
    assert proofs(root) != before


def test_check_without_an_earlier_proof_differs(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nothing that the run could agree with."""
    (root / SNIPPET).unlink()
    runs(snippet=record())
    assert command.main(["kind=snippet", "check=1"], root) == 1
    out = capsys.readouterr().out
    assert out.startswith("differs ")
    assert "         there is no proof yet\n" in out
    assert not (root / SNIPPET).exists()
    assert command.main(["kind=snippet"], root) == 0
    assert (root / SNIPPET).is_file()


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("chekc=1", "unknown argument chekc; give only, kind, check, missing as name=value"),
        ("check=0", "check=0 means nothing; give check=1 or leave it out"),
        ("check=true", "check=true means nothing; give check=1 or leave it out"),
        ("missing=yes", "missing=yes means nothing; give missing=1 or leave it out"),
        ("check", "check= means nothing; give check=1 or leave it out"),
        ("only=sores", "nothing to prove has such a name"),
        ("kind=prob", "nothing to prove has such a name"),
    ],
)
def test_argument_that_means_nothing_is_refused(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str], argument: str, said: str
) -> None:
    """Exit code 2 and a line that says what to give; nothing runs."""
    assert command.main([argument], root) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_missing_proves_what_has_no_current_proof(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sample's stale benchmark and a snippet without proof; then nothing is left."""
    (root / SNIPPET).unlink()
    runs(snippet=record(), benchmark=record(properties=FAST))
    assert command.main(["missing=1"], root) == 0
    assert capsys.readouterr().out.endswith("\n2 chosen: 2 ran\n")
    runs()
    command.main(["missing=1", "kind=snippet"], root)
    assert "every proof is there and current\n" in capsys.readouterr().out


def test_broken_data_is_told_before_anything_runs(
    root: Path, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 with the address of the problem."""
    (root / SNIPPET).write_text("{}", "utf-8")
    assert command.main([], root) == 1
    assert SNIPPET in capsys.readouterr().err
