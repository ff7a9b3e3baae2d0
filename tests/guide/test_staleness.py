"""A proof is stale, and says why, once anything it speaks of is not as it was."""

import pytest

from guide.proofs import digest
from guide.whole import Guide
from tests.guide.conftest import Tree

SNIPPET = "snippet/stores/keep-state"
PROBE = "probe/stores/survives-kill"


def test_only_the_benchmark_of_another_version_is_stale(sample: Guide) -> None:
    """The message names both versions; the probe and the snippet are current."""
    why = "it ran on red-client 1.1.0, 1.2.0 is locked now"
    assert sample.stale == {"benchmark/stores/writes": why}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("tests/probes/stores/test_survives_kill.py", PROBE),
        ("snippets/stores/keep_state.py", SNIPPET),
        ("tests/snippets/stores/test_keep_state.py", SNIPPET),
    ],
)
def test_changed_byte_makes_a_proof_stale(tree: Tree, path: str, key: str) -> None:
    """Whether of the snippet or of a test; the message names the file."""
    with (tree.root / path).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert tree.guide().stale[key] == f"{path} has changed"


def test_file_added_to_a_snippet_makes_its_proof_stale(tree: Tree) -> None:
    """What no run has seen would be shown as executed."""
    path = "snippets/stores/keep_state/settings.py"
    tree.write(path, "DEBUG = False\n")
    assert tree.guide().stale[SNIPPET] == f"{path} was added since"


@pytest.mark.parametrize(
    "missing", ["snippets/stores/keep_state.py", "tests/snippets/stores/test_keep_state.py"]
)
def test_shown_file_that_the_proof_does_not_name_makes_it_stale(tree: Tree, missing: str) -> None:
    """The snippet itself and its test belong to the set."""
    path = f"data/proof/{SNIPPET}.json"
    tree.change(path, f'"{missing}"', '"data/versus/blue-vs-red.yml"')
    digests = tree.guide().proofs[SNIPPET].sources
    elsewhere = "data/versus/blue-vs-red.yml"
    tree.change(path, digests[elsewhere], digest(tree.root / elsewhere))
    assert tree.guide().stale[SNIPPET] == f"{missing} was added since"


def test_files_that_a_run_named_beside_the_snippet_are_no_addition(tree: Tree) -> None:
    """A proof may speak of more than what is shown, and a probe names its files itself."""
    elsewhere = "data/versus/blue-vs-red.yml"
    now = digest(tree.root / elsewhere)
    path = f"data/proof/{SNIPPET}.json"
    tree.change(path, '"sources": {', f'"sources": {{"{elsewhere}": "{now}", ')
    tree.write("tests/probes/stores/survives_kill/app.py", "app = None\n")
    assert set(tree.guide().stale) == {"benchmark/stores/writes"}


def test_removed_further_file_makes_a_proof_stale(tree: Tree) -> None:
    """The message says that it is gone."""
    gone = "snippets/stores/keep_state/settings.py"
    path = f"data/proof/{SNIPPET}.json"
    tree.change(path, '"sources": {', f'"sources": {{"{gone}": "0", ')
    assert tree.guide().stale[SNIPPET] == f"{gone} is gone"


@pytest.mark.parametrize("key", [SNIPPET, PROBE])
def test_proof_of_another_python_is_stale(tree: Tree, key: str) -> None:
    """3.12 is not what the guide is about any more; the message names both."""
    tree.change(f"data/proof/{key}.json", "3.13.0", "3.12.9")
    assert tree.guide().stale[key] == "it ran on Python 3.12, 3.13 is used now"


def test_proof_of_another_patch_release_of_python_is_current(tree: Tree) -> None:
    """The lock is of 3.13, whichever it is."""
    tree.change(f"data/proof/{PROBE}.json", "3.13.0", "3.13.11")
    assert PROBE not in tree.guide().stale


def test_distribution_that_left_the_lock_makes_a_proof_stale(tree: Tree) -> None:
    """The message names it."""
    tree.change(f"data/proof/{PROBE}.json", '"red-client"', '"red-server"')
    assert tree.guide().stale[PROBE] == "red-server is no longer locked"


def test_other_files_of_the_same_version_make_a_proof_stale(tree: Tree) -> None:
    """A version may be locked with other files than those that ran."""
    tree.change(f"data/proof/{PROBE}.json", '"lock": "r"', '"lock": "q"')
    assert tree.guide().stale[PROBE] == "other files of red-client 1.2.0 are locked now"
