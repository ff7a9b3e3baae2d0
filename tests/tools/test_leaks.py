from pathlib import Path

import pytest

from tools.leaks import leaks_in, leaks_of_line, machine_paths

HOST = "py" + "pi.org"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"see https://{HOST}/project/x", id="registry"),
        pytest.param(f'source = "{HOST}"', id="registry-without-scheme"),
        pytest.param("cd /build/main && make", id="checkout"),
        pytest.param("from /build/main/docs", id="below-checkout"),
        pytest.param("cat '/build/beside/notes.md'", id="beside-checkout"),
        pytest.param("/ho" + "me/ada/project/x.py", id="somebodys-home"),
    ],
)
def test_leak_is_found(line: str) -> None:
    assert len(list(leaks_of_line(line, ["/build/beside/", "/build/main/"]))) == 1


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("unix:/tmp/app.sock", id="temporary-file"),
        pytest.param("https://example.org/build/main/x", id="path-of-an-address"),
        pytest.param("/build/mainly/x", id="longer-name"),
        pytest.param("GET /home/ada", id="route"),
        pytest.param("pypi and npm", id="name-of-a-registry"),
    ],
)
def test_harmless_line_is_left_alone(line: str) -> None:
    assert list(leaks_of_line(line, ["/build/main/", "/ro" + "ot/"])) == []


def test_leak_says_where_and_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"fine\nhttps://{HOST}/\n", encoding="utf-8")

    assert list(leaks_in(tmp_path, "a.md", [])) == [
        f"a.md:2: address of a package registry, {HOST}; link to the project's own page"
    ]


def test_binary_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\0" + HOST.encode())

    assert list(leaks_in(tmp_path, "a.png", [])) == []


def test_own_folder_and_its_neighbours_count_as_paths_of_the_machine(tmp_path: Path) -> None:
    for name in ("main", "beside"):
        (tmp_path / name).mkdir()

    assert machine_paths(tmp_path / "main", Path("/home/ada")) == tuple(
        sorted([f"{tmp_path}/beside/", f"{tmp_path}/main/", "/ho" + "me/ada/"])
    )
