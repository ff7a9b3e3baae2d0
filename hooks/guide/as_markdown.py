"""A page as Markdown, for those who quote it and for programs that read it."""

import re

from html_to_markdown import ConversionOptions, convert

LEFT_OUT = [".headerlink", ".sp-tools", ".sp-legend", "form", "button"]
"""What serves the eye or the hand alone."""

PLAINER = {
    r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>": r"<p><b>\1:</b> \2</p>",
    r' <details class="sp-crit"><summary>.*?</summary>': ": <details>",
    r'<span class="sp-verdict[^>]*>(.*?)</span>': r"<b>\1</b>",
    r'<span class="sp-sr">Evidence: </span>': "",
    r'<div class="language-(\S+) highlight"><pre>(<span></span>)?<code>': (
        r'<div><pre><code class="language-\1">'
    ),
}
"""What has no like in Markdown → HTML that has one."""

CODE_OR_TAG = re.compile(r"(<pre\b.*?</pre>|<code\b.*?</code>|<[^>]*>)", re.DOTALL)


def page_markdown(html: str, address: str, as_of: str) -> str:
    """The content of a page as CommonMark with tables, and from where and when it is.

    `address` is where the page is published, against which its links are made whole. A site that
    has none keeps its links as they are. `as_of` is the day of its data, `2026-11-21`.
    """
    for pattern, plainer in PLAINER.items():
        html = re.sub(pattern, plainer, html, flags=re.DOTALL)
    # At odd places are code and tags, at even ones what is between them.
    parts = CODE_OR_TAG.split(html)
    parts[::2] = [_literal(text) for text in parts[::2]]
    options = ConversionOptions(
        exclude_selectors=LEFT_OUT,
        base_url=address or None,
        extract_metadata=False,
        compact_tables=True,
        escape_asterisks=True,
        escape_underscores=True,
    )
    content = convert("".join(parts), options).content or ""
    source = f"<{address}>, " if address else ""
    return f"{content.strip()}\n\n---\n\nStackproof, {source}data of {as_of}.\n"


def _literal(text: str) -> str:
    """Text of HTML that stays text in Markdown: neither a tag nor a link grows from it."""
    return text.replace("&lt;", "&amp;lt;").replace("](", "]&amp;#40;").replace("]:", "]&amp;#58;")
