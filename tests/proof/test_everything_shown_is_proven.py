"""What the site shows as executed was executed: here for snippets, by `make prove` for the rest."""

import datetime as dt

import pytest

from guide.models import Choice, Criterion
from guide.packages import normalized
from guide.whole import Guide
from tests.probes.distributions import closure
from tests.proof.proving import contradictions, proof_of
from tests.proof.running import run_alone
from tests.proof.things import Thing, observed_criteria, things
from tests.repository import repository_guide

GUIDE: Guide = repository_guide()
THINGS = things(GUIDE)
OBSERVED = observed_criteria(GUIDE)


def each(*kinds: str) -> pytest.MarkDecorator:
    """One test per thing of these kinds, named by it."""
    chosen = [thing for thing in THINGS if thing.kind in kinds]
    return pytest.mark.parametrize("thing", chosen, ids=[thing.id for thing in chosen])


@each("snippet")
def test_snippet_runs_every_line_and_says_what_its_proof_says(thing: Thing) -> None:
    """Its own test passes in a fresh process, leaves no line out, and its proof agrees."""
    record = run_alone(thing)
    assert not record.failures, "\n".join(record.failures)
    if record.left_out:
        why = "; ".join(record.left_out)
        assert GUIDE.snippets[thing.id].waits_for, f"its page must say what it waits for: {why}"
        pytest.skip(why)
    assert record.idle_lines == []
    proof = GUIDE.proofs.get(str(thing))
    assert proof is not None, f"no proof yet; run `make prove only={thing.id}`"
    stale = GUIDE.stale.get(str(thing))
    assert stale is None, f"{stale}; run `make prove only={thing.id}`"
    assert contradictions(proof, proof_of(thing, record, GUIDE, dt.date.min)) == []


@each("snippet")
def test_what_a_reader_installs_is_what_ran(thing: Thing) -> None:
    """Every requirement of the install line, its extras too, is in the test environment."""
    names = {normalized(requirement) for requirement in thing.install}
    assert names <= set(closure(thing.install))
    assert names <= set(GUIDE.packages.packages)


@each("probe", "benchmark")
def test_proof_is_of_the_present_bytes_and_versions(thing: Thing) -> None:
    """A probe's or benchmark's proof still speaks of what is in the tree and in the lock."""
    proof = GUIDE.proofs.get(str(thing))
    assert proof is not None, f"no proof yet; run `make prove only={thing.id}`"
    stale = GUIDE.stale.get(str(thing))
    assert stale is None, f"{stale}; run `make prove only={thing.id}`"


def test_every_proof_is_of_something_shown() -> None:
    """No proof outlives the thing that it proved."""
    shown = {str(thing) for thing in THINGS}
    left = sorted(set(GUIDE.proofs) - shown)
    assert left == [], "delete these files below data/proof/"


def test_some_criteria_are_observed_by_probes() -> None:
    """Without any the next test would pass for nothing."""
    assert OBSERVED


@pytest.mark.parametrize(
    ("key", "row", "choice"), OBSERVED, ids=[f"{key}-{choice.id}" for key, _, choice in OBSERVED]
)
def test_probe_outcomes_are_words_of_their_criterion(
    key: str, row: Criterion, choice: Choice
) -> None:
    """A probe reports what its criterion words for the reader, for every contender."""
    proof = GUIDE.proofs.get(key)
    assert proof is not None, f"no proof yet; run `make prove only={key.split('/', 1)[1]}`"
    assert proof.kind == "probe"
    assert set(proof.outcomes.values()) <= set(row.outcomes)
    assert set(proof.outcomes) >= set(row.applies_to or choice.contenders)
