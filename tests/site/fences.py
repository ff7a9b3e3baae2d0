"""The fenced blocks of code in Markdown, and what becomes of each."""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<before>[ >]*)(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
NOT_RUN = re.compile(r'\btitle="Not run: (?P<reason>[^"]+)"')
# Blocks that the scanners of pytest-examples and of this module would not see alike.
UNSEEN = re.compile(r"<pre\b", re.IGNORECASE)


@dataclass(frozen=True)
class Fence:
    """A fenced block: where it opens, its marks and the rest of the line that opens it."""

    path: Path
    line: int
    marks: str
    info: str

    @property
    def place(self) -> str:
        """Path and line, as a reader looks for it."""
        return f"{self.path}:{self.line}"

    @property
    def language(self) -> str:
        """The first word after the marks."""
        return (self.info.split() or [""])[0]

    @property
    def reason(self) -> str | None:
        """Why it is not run; the page shows it over the block."""
        found = NOT_RUN.search(self.info)
        return found["reason"] if found else None


def fences(path: Path, text: str) -> list[Fence]:
    """The fenced blocks of a Markdown text, in their order."""
    found = []
    opened = ""
    for number, line in enumerate(text.splitlines(), start=1):
        match = FENCE.match(line)
        if match is None:
            continue
        if not opened:
            opened = match["marks"]
            found.append(Fence(path, number, opened, match["info"].strip()))
        elif match["marks"].startswith(opened) and not match["info"].strip():
            opened = ""
    return found


def faults(path: Path, text: str) -> list[str]:
    """What no page may contain, since code in it could escape the tests; path, line and cure."""
    found = [
        f"{fence.place}: opens with {fence.marks}; write three back-ticks"
        for fence in fences(path, text)
        if fence.marks != "```"
    ]
    for number, line in enumerate(text.splitlines(), start=1):
        if UNSEEN.search(line):
            found.append(f"{path}:{number}: <pre> hides code from the tests; write a fence")
    return found
