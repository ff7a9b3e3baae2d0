"""Files are made when they are asked for; what was made before is taken while it is whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guide.made import Made, kept


def fails() -> bytes:
    """What must not be made again."""
    pytest.fail("made again")


def test_file_is_made_at_each_look_and_not_before() -> None:
    made = iter((b"first", b"second"))
    files = Made({"a.txt": lambda: next(made)})
    assert list(files) == ["a.txt"]
    assert [files["a.txt"], files["a.txt"]] == [b"first", b"second"]


def test_file_of_the_same_words_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "below" / "a.png"
    assert kept(file, "words", lambda: b"picture") == b"picture"
    assert kept(file, "words", fails) == b"picture"
    assert list(file.parent.iterdir()) == [file]


def test_file_of_other_words_is_made_again(tmp_path: Path) -> None:
    kept(tmp_path / "a", "words", lambda: b"picture")
    assert kept(tmp_path / "a", "others", lambda: b"another") == b"another"
    assert kept(tmp_path / "a", "others", fails) == b"another"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda whole: whole[:-1], id="cut-off"),
        pytest.param(lambda whole: whole[:-1] + b"?", id="changed"),
        pytest.param(lambda _whole: b"", id="empty"),
    ],
)
def test_damaged_file_is_made_again(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "a"
    kept(file, "words", lambda: b"picture")
    file.write_bytes(spoil(file.read_bytes()))
    assert kept(file, "words", lambda: b"picture") == b"picture"
    assert kept(file, "words", fails) == b"picture"


def test_file_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"a file is in the way")
    for _ in range(2):
        assert kept(tmp_path / "folder/a", "words", lambda: b"picture") == b"picture"
