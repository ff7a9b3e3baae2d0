"""Rules for code: snippets and implementations have their files and their tests."""

from collections.abc import Iterator

from guide.places import code_files, highlighted_lines, snippet_files, test_path
from guide.problems import Problem, nearest
from guide.whole import Guide

from .shared import unknown


def code_is_plain_text(guide: Guide) -> Iterator[Problem]:
    """What readers copy is UTF-8 text with Unix line ends, and lies in the folder itself."""
    folder = guide.root / "snippets"
    for path in code_files(folder):
        shown = path.relative_to(guide.root).as_posix()
        if not path.resolve().is_relative_to(folder.resolve()):
            yield Problem(shown, 1, "is a link out of the snippets; put the file itself here")
            continue
        raw = path.read_bytes()
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            yield Problem(shown, line, "is not UTF-8 text; save it as UTF-8 or move it elsewhere")
        if b"\r" in raw:
            line = raw.count(b"\n", 0, raw.index(b"\r")) + 1
            yield Problem(shown, line, "has a carriage return; save it with Unix line ends")


def snippets_have_their_files(guide: Guide) -> Iterator[Problem]:
    """Each description has one file of code and a test, each file of code a description."""
    known, technologies = set(guide.snippets), guide.ids("technology")
    for key, snippet in guide.snippets.items():
        file = guide.files["snippet", key]
        for n, technology in enumerate(snippet.technologies):
            yield from unknown(file, ("technologies", n), "technology", technology, technologies)
        found = snippet_files(guide.root, key)
        if len(found) != 1:
            stem = key.replace("-", "_") if not found else f"{len(found)} files"
            message = f"wants exactly one file snippets/{key.split('/')[0]}/<stem>.<extension>; "
            yield file.problem((), message + f"found {stem if found else 'none'}")
            continue
        lines = len(found[0].read_bytes().splitlines())
        for n, marked in enumerate(snippet.highlight):
            numbers = highlighted_lines((marked,))
            if not numbers or numbers[-1] > lines:
                message = f"marks the lines {marked}, but the file has {lines}; mend the numbers"
                yield file.problem(("highlight", n), message)
        if not (guide.root / test_path("snippet", key)).is_file():
            yield file.problem((), f"has no test; write {test_path('snippet', key)}")
    for path in sorted((guide.root / "snippets").glob("*/*.*")):
        key = f"{path.parent.name}/{path.stem.replace('_', '-')}"
        if path.is_file() and key not in known and ("snippet", key) not in guide.files:
            shown = path.relative_to(guide.root).as_posix()
            yield Problem(shown, 1, f"is shown nowhere; describe it in data/snippets/{key}.yml")


def jobs_are_done_by_several(guide: Guide) -> Iterator[Problem]:
    """Tabs lead somewhere, and no two of them say the same."""
    jobs: dict[str, dict[str, str]] = {}
    for key, snippet in sorted(guide.snippets.items()):
        if snippet.same_job is not None:
            jobs.setdefault(snippet.same_job, {})[key] = snippet.technologies[0]
    for job, done in jobs.items():
        tabs: dict[str, str] = {}
        for key, technology in done.items():
            if (first := tabs.setdefault(technology, key)) != key:
                message = (
                    f"begins with the technology of '{first}', which does the same job; "
                    "let another come first, or leave out the job"
                )
                yield guide.files["snippet", key].problem(("technologies", 0), message)
        if len(done) == 1:
            (key,) = done
            cure = nearest(job, set(jobs) - {job}, "delete the line")
            message = f"no other snippet does the job '{job}'; {cure}"
            yield guide.files["snippet", key].problem(("same_job",), message)


def implementations_have_their_code(guide: Guide) -> Iterator[Problem]:
    """A contract's implementation is of a technology and has a folder of code."""
    for key in guide.implementations:
        file = guide.files["implementation", key]
        contract, technology = key.split("/")
        yield from unknown(file, (), "contract", contract, guide.ids("contract"))
        yield from unknown(file, (), "technology", technology, guide.ids("technology"))
        if not (guide.root / "snippets/contracts" / key).is_dir():
            yield file.problem((), f"has no code; write it in snippets/contracts/{key}/")
