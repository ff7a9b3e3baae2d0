"""`make mutate` counts what was tried, and no mutant that it had no time for as noticed."""

from pathlib import Path

import pytest

from guide.places import further_files, snippet_files
from tests.mutation.__main__ import ROOT, main, report
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.surviving import Try, equivalents
from tests.proof.things import Thing

KNOWN = sorted(equivalents())


def attempt(snippet: str, becomes: str) -> Try:
    thing = Thing("snippet", snippet, Path("test_it.py"), (Path("it.py"),), ())
    return Try(thing, Path("it.py"), Mutant(1, "was", becomes, "code"))


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([True] * 9 + [False], 0, "9 of 10 mutants noticed (90.0%) in 1 snippets; 0 not tried"),
        ([True] * 8 + [False] * 2, 1, "8 of 10 mutants noticed (80.0%) in 1 snippets; 0 not"),
        ([True, None, None], 0, "1 of 1 mutants noticed (100.0%) in 1 snippets; 2 not tried"),
    ],
    ids=["ninety", "eighty", "out of time"],
)
def test_exit_code_is_that_of_the_share_of_those_tried(
    capsys: pytest.CaptureFixture[str], found: list[bool | None], code: int, said: str
) -> None:
    every = [attempt("a/one", f"becomes {n}") for n in range(len(found))]
    assert report(every, found) == code
    assert said in capsys.readouterr().out


def test_survivor_is_named_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    report([attempt("a/one", "becomes")], [False])
    assert "not noticed it.py:1: was  →  becomes\n" in capsys.readouterr().out


def test_survivor_that_changes_nothing_is_named_with_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {("a/one", "becomes"): "why", ("a/one", "was → nothing"): "gone"}
    monkeypatch.setattr("tests.mutation.__main__.equivalents", lambda: known)
    report([attempt("a/one", "becomes"), attempt("a/one", "")], [False, False])
    said = capsys.readouterr().out
    assert "equivalent it.py:1: was  →  becomes: why\n" in said
    assert "equivalent it.py:1: was  →  nothing: gone\n" in said


@pytest.mark.parametrize(
    ("snippet", "change"), [pytest.param(*one, id=f"{one[0]} {n}") for n, one in enumerate(KNOWN)]
)
def test_what_is_called_equivalent_is_a_mutant_of_that_snippet(snippet: str, change: str) -> None:
    files = [*snippet_files(ROOT, snippet), *further_files(ROOT, snippet)]
    code = [path.read_text("utf-8") for path in files if path.suffix == ".py"]
    found = {one.change for text in code for place in mutants(text) for one in place}
    assert change in found


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("seeds=1", "unknown argument seeds; give only, each, seed, minutes as name=value"),
        ("each=few", "each=few means nothing; give a number"),
        ("minutes=", "minutes= means nothing; give a number"),
        ("only=nothing/there", "no proven snippet is named nothing/there"),
    ],
)
def test_argument_that_means_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], argument: str, said: str
) -> None:
    assert main([argument]) == 2
    assert said in capsys.readouterr().err
