"""Every line of code on the site ran, or says why it did not.

A fenced block in docs/ is one of two things:

- ```` ```python ```` is run here, as it stands, with warnings as errors;
- ```` ```sh title="Not run: it starts a server that does not end" ```` is not run; the title is
  the reason, and the page shows it over the block.

A file of snippets/ belongs to a snippet of data/snippets that has a test, or to an implementation
of a contract that has one. A README.md there is prose; its blocks count like those of docs/.
"""

import html
from pathlib import Path

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

from guide.places import further_files, snippet_files
from guide.places import test_path as path_of_test
from tests.site.building import ROOT
from tests.site.fences import Fence, faults, fences
from tests.site.kinds import address_of, the_guide
from tests.site.telling import listed

DOCS = ROOT / "docs"
READMES = sorted((ROOT / "snippets").rglob("README.md"))
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "assets" not in path.parts] + READMES


def found_in(root: Path, pages: list[Path]) -> list[Fence]:
    """The fenced blocks of the pages, with paths from the root."""
    return [
        fence for page in pages for fence in fences(page.relative_to(root), page.read_text("utf-8"))
    ]


def to_run(root: Path, pages: list[Path]) -> dict[str, CodeExample]:
    """Place → example of every Python block that does not say why it is not run, sorted."""
    reasons = {fence.place: fence.reason for fence in found_in(root, pages)}
    examples = {
        f"{example.path.relative_to(root)}:{example.start_line}": example
        for example in sorted(find_examples(*pages), key=lambda one: (one.path, one.start_line))
        if example.prefix.split()[0] == "python"
    }
    return {place: example for place, example in examples.items() if not reasons.get(place)}


def neither(root: Path, pages: list[Path]) -> list[str]:
    """The blocks that are neither run nor say why they are not."""
    found = found_in(root, pages)
    run = to_run(root, pages)
    skipped = {fence.place for fence in found if fence.reason}
    assert not skipped & run.keys()
    return [fence.place for fence in found if fence.place not in run.keys() | skipped]


def test_every_fence_is_run_or_says_why_it_is_not() -> None:
    places = neither(ROOT, PAGES)
    assert not places, listed(places)


def test_no_code_hides_from_the_tests() -> None:
    lines = [
        line for page in PAGES for line in faults(page.relative_to(ROOT), page.read_text("utf-8"))
    ]
    assert not lines, listed(lines)


def test_every_fence_to_be_run_runs(
    eval_example: EvalExample,
    subtests: pytest.Subtests,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for place, example in to_run(ROOT, PAGES).items():
        with subtests.test(place):
            eval_example.run_print_check(example)


def test_page_shows_why_a_fence_is_not_run(site: Path) -> None:
    hidden = []
    for fence in found_in(ROOT, [page for page in PAGES if page not in READMES]):
        page = site / address_of(fence.path.relative_to("docs").as_posix()) / "index.html"
        if fence.reason and html.escape(f"Not run: {fence.reason}") not in page.read_text("utf-8"):
            hidden.append(fence.place)
    assert not hidden, listed(hidden)


def test_every_file_of_snippets_is_run_by_a_test() -> None:
    guide = the_guide()
    folders = [ROOT / "snippets/contracts" / key for key in guide.implementations]
    run = {
        path
        for folder in folders
        for path in folder.rglob("*")
        if (ROOT / f"tests/contracts/test_{folder.parent.name.replace('-', '_')}.py").is_file()
    }
    for key in guide.snippets:
        if (ROOT / path_of_test("snippet", key)).is_file():
            run |= {*snippet_files(ROOT, key), *further_files(ROOT, key)}
    left = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "snippets").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
        if path not in run and path not in READMES
    ]
    assert not left, listed(left)


SAMPLE = """\
# A page

```python
print(1 + 1)
#> 2
```

- a list

    ```python title="app.py"
    assert True
    ```

```python title="Not run: it needs a MongoDB server"
raise RuntimeError
```

```sh title="Not run: it does not end"
make serve
```

```sh
make test
```

```py
raise RuntimeError
```
"""


@pytest.fixture
def sample(tmp_path: Path) -> list[Path]:
    """A folder of pages with one page."""
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    page.write_text(SAMPLE, "utf-8")
    return [page]


def test_fence_without_run_and_reason_is_found(sample: list[Path]) -> None:
    assert neither(sample[0].parents[1], sample) == ["docs/page.md:22", "docs/page.md:26"]


def test_fences_to_run_are_found(sample: list[Path]) -> None:
    assert list(to_run(sample[0].parents[1], sample)) == ["docs/page.md:3", "docs/page.md:10"]


def test_failing_fence_fails(sample: list[Path], eval_example: EvalExample) -> None:
    sample[0].write_text("```python\nassert 1 == 2\n```\n", "utf-8")
    (example,) = to_run(sample[0].parents[1], sample).values()
    with pytest.raises(AssertionError):
        eval_example.run(example)


@pytest.mark.parametrize(
    "text",
    ["~~~python\n1\n~~~\n", "````python\n1\n````\n", "<pre><code>1</code></pre>\n"],
    ids=["tildes", "four-back-ticks", "html"],
)
def test_fence_that_the_scanners_see_differently_is_forbidden(text: str) -> None:
    assert len(faults(Path("docs/page.md"), text)) == 1
