"""A file that cannot be read as plain YAML is one problem with an address and a cure."""

import os
from pathlib import Path

import pytest

from tests.guide.conftest import Tree

RED = "data/technologies/stores/red.yml"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("name: [Red", 1, "is not valid YAML", id="broken YAML"),
        pytest.param("name: Red\n\tkind: service\n", 2, "indent", id="tab indentation"),
        pytest.param("name: Red\nname: Blue\n", 2, "has the key 'name' twice", id="duplicate key"),
        pytest.param("", 1, "is empty", id="empty file"),
        pytest.param("# only a comment\n", 1, "is empty", id="only a comment"),
        pytest.param("- a\n- b\n", 1, "holds a list", id="a list"),
        pytest.param("just text\n", 1, "holds 'just text'", id="a text"),
        pytest.param("a: &x 1\nb: *x\n", 1, "anchor or alias", id="anchor"),
        pytest.param("a: !!python/object:os.system 1\n", 1, "uses the YAML tag", id="tag"),
        pytest.param("a: 1\n---\nb: 2\n", 2, "is not valid YAML", id="two documents"),
        pytest.param(b"name: Red\nkind: \xe9\n", 2, "0xe9, which is not UTF-8", id="not UTF-8"),
        pytest.param(b"name: R\x00ed\n", 1, "is not valid YAML", id="null byte"),
        pytest.param("a: " + "[" * 200 + "]" * 200, 1, "nested more than", id="deep nesting"),
        pytest.param("a: " + "[" * 5000, 1, "nested more than", id="very deep nesting"),
        pytest.param("name: " + "x" * 1_000_000, 1, "has 1000006 bytes", id="a megabyte"),
        pytest.param("name: 2026-13-45\n", 1, "which YAML cannot read", id="impossible date"),
        pytest.param("? [a]\n: 1\n", 1, "has a key that is not text", id="a list as key"),
    ],
)
def test_bad_file_is_named_with_line_and_cure(
    tree: Tree, text: str | bytes, line: int, said: str
) -> None:
    """One broken file gives its own problem first, and nothing about files that refer to it."""
    tree.write(RED, text)
    problems = tree.problems()
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"{RED}:{line}: ")
    assert said in problems[0]
    assert "; " in problems[0], "no cure"


def test_alias_bomb_is_refused_at_once(tree: Tree) -> None:
    """Ten lines that would expand to billions of items are refused at the first anchor."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    tree.write(RED, "\n".join(lines))
    assert tree.problems() == [f"{RED}:1: uses a YAML anchor or alias; write the value out"]


def test_windows_line_ends_and_byte_order_mark_change_nothing(tree: Tree) -> None:
    """A file saved by an editor on Windows loads as the same guide."""
    before = tree.guide().technologies["red"]
    text = (tree.root / RED).read_text("utf-8")
    tree.write(RED, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert tree.guide().technologies["red"] == before


def test_link_out_of_the_tree_is_refused(tree: Tree, tmp_path: Path) -> None:
    """A link could show any file of the machine on the site."""
    outside = tmp_path / "outside.yml"
    outside.write_bytes((tree.root / RED).read_bytes())
    (tree.root / RED).unlink()
    (tree.root / RED).symlink_to(outside)
    assert tree.problems() == [
        f"{RED}:1: is a link out of the data folder; put the file itself here"
    ]


def test_dangling_link_is_a_problem(tree: Tree) -> None:
    """It cannot be read, and the message says so without a traceback."""
    (tree.root / RED).unlink()
    (tree.root / RED).symlink_to(tree.root / "data/nowhere.yml")
    assert [problem.partition(":1: ")[2] for problem in tree.problems()] == [
        "cannot be read (no such file or directory); mend the file or delete it"
    ]


def test_pipe_in_place_of_a_file_is_refused(tree: Tree) -> None:
    """Reading it would wait for ever."""
    (tree.root / RED).unlink()
    os.mkfifo(tree.root / RED)
    assert len(tree.problems()) == 1
    assert "not a regular file" in tree.problems()[0]


def test_folder_named_like_a_file_is_refused(tree: Tree) -> None:
    """A folder called red.yml is not read and not passed over in silence."""
    (tree.root / RED).unlink()
    (tree.root / RED).mkdir()
    assert "not a regular file" in tree.problems()[0]


@pytest.mark.parametrize(
    "path",
    ["data/stray.yml", "data/technologies/stores/red.yaml", "data/categories/deep/er/x.yml"],
)
def test_file_that_nothing_reads_is_a_problem(tree: Tree, path: str) -> None:
    """A misplaced file would otherwise be missing from the site without a word."""
    tree.write(path, "name: X\n")
    assert tree.problems() == [
        f"{path}:1: is read by nothing; name it `<id>.yml` in a folder of its kind, or delete it"
    ]


@pytest.mark.parametrize(
    ("stem", "wanted"), [("Big_Red", "big-red"), ("red store", "red-store"), ("RED", "red")]
)
def test_file_name_that_is_no_id_is_told_its_id(tree: Tree, stem: str, wanted: str) -> None:
    """Ids are lower case with hyphens, and the message says how the file should be called."""
    tree.write(f"data/decisions/{stem}.yml", "title: X\n")
    (problem,) = (one for one in tree.problems() if one.startswith(f"data/decisions/{stem}.yml:1:"))
    assert f"'{stem}' is no id" in problem
    assert problem.endswith(f"; rename it to '{wanted}'")


@pytest.mark.parametrize(
    "path",
    [
        "data/technologies/stores/index.yml",
        "data/technologies/stores/red-vs-green.yml",
        "data/decisions/-store.yml",
        "data/decisions/st--ore.yml",
        "data/decisions/größe.yml",
        "data/snippets/contracts/pings.yml",
        "data/snippets/Big Stores/keep-state.yml",
    ],
)
def test_name_that_would_claim_another_address_is_refused(tree: Tree, path: str) -> None:
    """Indexes and contracts have addresses of their own, and a pair's id is split at `-vs-`."""
    tree.write(path, "title: X\n")
    assert any(one.startswith(f"{path}:1: ") and " is no id " in one for one in tree.problems())


@pytest.mark.parametrize("name", [".red.yml.swp", ".#red.yml", "red.yml~", "#red.yml#"])
def test_what_an_editor_leaves_for_a_moment_is_passed_over(tree: Tree, name: str) -> None:
    """Otherwise the live site would break with every key."""
    tree.write(f"data/technologies/stores/{name}", "half a file")
    assert tree.problems() == []


def test_problems_of_all_files_come_together_and_sorted(tree: Tree) -> None:
    """Three broken files, three problems, in the order of their paths."""
    for path in (RED, "data/decisions/store.yml", "data/versus/blue-vs-red.yml"):
        tree.write(path, "a: [\n")
    found = [problem.partition(":")[0] for problem in tree.problems()]
    assert found == ["data/decisions/store.yml", RED, "data/versus/blue-vs-red.yml"]
