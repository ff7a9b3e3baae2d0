"""Jinja templates, and how text gets into HTML and Markdown without becoming either."""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

TEMPLATES = Path(__file__).parent / "templates"
MARKDOWN_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!])")
PLACEHOLDER = re.compile(r'<div data-guide="(\d+)"></div>')


@dataclass(frozen=True)
class Rendered:
    """A piece of Markdown in which blocks of finished HTML are left out, and those blocks.

    Markdown never sees the HTML: it could change code that readers copy, and it is slow.
    """

    markdown: str
    blocks: tuple[str, ...] = ()

    def filled(self, html: str) -> str:
        """The HTML made from the Markdown, with the blocks in their places."""
        return PLACEHOLDER.sub(lambda match: self.blocks[int(match[1])], html)


def environment() -> Environment:
    """The templates with their filters. Unknown names in a template are errors."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # The usual {# #} is how Markdown gives a heading its anchor.
        comment_start_string="<#",
        comment_end_string="#>",
    )
    jinja.filters |= {"prose": prose, "md": markdown_text, "link": safe_link}
    return jinja


def prose(text: str) -> Markup:
    """The text as HTML: everything escaped, and code between back-ticks marked as such."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def markdown_text(text: str) -> Markup:
    """The text as Markdown that shows it literally, code between back-ticks left as code."""
    parts = re.split(r"(`[^`]+`)", text)
    return Markup("").join(
        Markup(part) if n % 2 else Markup(_literal(part))  # noqa: S704
        for n, part in enumerate(parts)
    )


def _literal(text: str) -> str:
    # Entities for HTML's own characters: a back-slash before them would not survive.
    safe = MARKDOWN_PUNCTUATION.sub(r"\\\1", text)
    return safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def safe_link(address: str) -> str:
    """The address if it is a web address.

    Raises:
        ValueError: It is of another scheme; the models let none through.
    """
    if urlsplit(address).scheme not in {"https", "http"}:
        message = f"not a web address: {address!r}"
        raise ValueError(message)
    return address


def relative(target: str, here: str) -> str:
    """The site's page or file `target` as linked from the page at `here`, both from the root."""
    path, hash_, anchor = target.partition("#")
    if urlsplit(target).scheme:
        return target
    if path == here and hash_:
        return hash_ + anchor
    way = posixpath.relpath(path or ".", here or ".")
    if (not path or path.endswith("/")) and not way.endswith("/"):
        way += "/"
    return way + hash_ + anchor


PYGMENTS_KNOWS = {".caddyfile": "Caddyfile", ".conf": "nginx.conf"}
"""Endings of files here → a name by which Pygments knows what is in them."""


@lru_cache(maxsize=1024)
def highlighted(code: str, file_name: str, lines: tuple[int, ...] = ()) -> Markup:
    """The code as HTML whose text is the code to the letter; `lines` are marked."""
    try:
        known = PYGMENTS_KNOWS.get(posixpath.splitext(file_name)[1], file_name)
        lexer = get_lexer_for_filename(known, code, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    html = highlight(code, lexer, HtmlFormatter(nowrap=True, hl_lines=list(lines)))
    block = '<div class="language-{} highlight"><pre><span></span><code>{}</code></pre></div>'
    # Pygments escapes what it shows.
    return Markup(block).format(lexer.aliases[0], Markup(html))  # noqa: S704


@dataclass
class Blocks:
    """Collects the finished HTML of one page; a template calls it around each block."""

    first: int
    collected: list[str] = field(default_factory=list)

    def __call__(self, caller: Callable[[], str]) -> Markup:
        """Keep the block and leave a place for it."""
        self.collected.append(str(caller()).strip())
        number = self.first + len(self.collected) - 1
        return Markup('\n<div data-guide="{}"></div>\n').format(number)
