"""Rules for what points to a page of this site."""

from collections.abc import Iterator

from guide.addresses import FOLDERS, LISTS, titles
from guide.problems import Problem
from guide.whole import Guide
from guide.yamlfile import Loc, YamlFile

from .shared import repeated, unknown


def links_lead_to_pages(guide: Guide) -> Iterator[Problem]:
    """Every page of this site that data names is there."""
    known = set(titles(guide))
    # The pages of broken files too: what is wrong with those is said once.
    pages = {f"{folder}/{key}" for kind, folder in FOLDERS.items() for key in guide.ids(kind)}
    for file, loc, address in _links(guide):
        if address.partition("#")[0] not in pages - known:
            yield from unknown(file, loc, "page", address, known | pages)


def _links(guide: Guide) -> Iterator[tuple[YamlFile, Loc, str]]:
    for key, category in guide.categories.items():
        for n, reading in enumerate(category.read_next):
            if reading.to is not None:
                yield guide.files["category", key], ("read_next", n, "to"), reading.to
    for key, lesson in guide.lessons.items():
        for n, section in enumerate(lesson.sections):
            for m, address in enumerate(section.see):
                yield guide.files["lesson", key], ("sections", n, "see", m), address
    for key, one in guide.answered.items():
        for n, address in enumerate(one.proof):
            yield guide.files["answered", key], ("proof", n), address


def lessons_have_their_own_place(guide: Guide) -> Iterator[Problem]:
    """No lesson takes the address of a page that people wrote, no section another's anchor."""
    for key, lesson in guide.lessons.items():
        file = guide.files["lesson", key]
        if f"learn/{key}" in LISTS or (guide.root / f"docs/learn/{key}.md").is_file():
            yield file.problem((), f"claims /learn/{key}/, a page of docs/; rename it")
        anchors = [section.id for section in lesson.sections]
        yield from repeated(file, ("sections",), "section", anchors)
