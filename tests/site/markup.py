"""What stands in a built page: its addresses, ids, headings, scripts and code."""

import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import override

# Attributes that make a browser fetch or lead somewhere.
ADDRESSES = {"href", "src", "action", "poster", "data", "xlink:href"}
REFRESH = re.compile(r"\d+;\s*url=(.+)", re.IGNORECASE)
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")


@dataclass
class Markup:
    """The parts of a page that tests look at, in the order of the page."""

    links: list[str] = field(default_factory=list)
    """Every address, where it leads by a link or by a fetch."""
    refresh: str | None = None
    """Where the page sends its reader at once."""
    unlisted: bool = False
    """Whether the page asks search engines not to list it."""
    ids: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    """What `default-src 'self'` forbids: inline scripts, styles and handlers."""
    code: list[str] = field(default_factory=list)
    """The text of each block of code."""


class Reader(HTMLParser):
    """Fills a `Markup` from HTML."""

    def __init__(self) -> None:
        """Begin with an empty page."""
        super().__init__(convert_charrefs=True)
        self.found = Markup()
        self.in_script = False
        self.in_block = False
        self.in_pre = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag's address, id, and what the policy forbids."""
        values = {name: value or "" for name, value in attrs}
        found = self.found
        found.links += [values[name] for name in ADDRESSES & values.keys()]
        if "srcset" in values:
            found.links += [part.split()[0] for part in values["srcset"].split(",")]
        if values.get("http-equiv") == "refresh" and (match := REFRESH.match(values["content"])):
            found.refresh = match[1]
            found.links.append(match[1])
        if values.get("name") == "robots" and "noindex" in values["content"]:
            found.unlisted = True
        if "id" in values:
            found.ids.append(values["id"])
        if re.fullmatch("h[1-6]", tag):
            found.headings.append(tag)
        forbidden = [name for name in values if name == "style" or name.startswith("on")]
        found.inline += [f"{name} of <{tag}>" for name in forbidden]
        self.in_script = tag in {"script", "style"}
        if tag == "pre":
            self.in_pre = True
        if tag == "code" and self.in_pre:
            self.in_block = True
            found.code.append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a block of code."""
        self.in_script = False
        if tag == "pre":
            self.in_pre = self.in_block = False

    @override
    def handle_data(self, data: str) -> None:
        """Note the text of scripts and of code."""
        if self.in_script and data.strip():
            self.found.inline.append(f"inline: {data.strip()[:60]}")
        if self.in_block:
            self.found.code[-1] += data


@cache
def markup(page: Path) -> Markup:
    """What stands in the HTML file `page`."""
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    reader.close()
    return reader.found
