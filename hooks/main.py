"""MkDocs events → guide functions. The only file below `hooks/` that knows MkDocs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, override

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.utils import write_file
from rcssmin import cssmin

from guide.as_markdown import page_markdown
from guide.cards import shown_cards
from guide.load import load_guide
from guide.pages import expand, generated_pages, made_files, navigation, theme_facts
from guide.problems import DataError
from guide.render import Rendered, environment

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page


class MadeFile(File):
    """A file that is made when it is written: in `make serve`, when a browser asks for it."""

    def __init__(
        self, address: str, make: Callable[[], str | bytes], config: "MkDocsConfig"
    ) -> None:
        """Keep what makes the file at the address."""
        # A Markdown file among the raw ones must stay a file, not become a page.
        name, urls = f"raw/{address}.txt", config.use_directory_urls
        super().__init__(name, src_dir=None, dest_dir=config.site_dir, use_directory_urls=urls)
        self.dest_uri = self.url = address
        self.make = make

    @override
    def copy_file(self, dirty: bool = False) -> None:
        """Make the file and write it into the site."""
        content = self.make()
        write_file(content.encode() if isinstance(content, str) else content, self.abs_dest_path)


def on_config(config: "MkDocsConfig") -> None:
    """Load the data anew for each build, so that `mkdocs serve` shows what was saved."""
    root = Path(config.config_file_path).parent
    try:
        guide = load_guide(root)
    except DataError as error:
        raise _told(error) from None
    config.extra["guide"] = guide
    config.extra["jinja"] = environment()
    config.extra["rendered"] = {}
    config.extra.update(theme_facts(guide))
    config.extra["cards"] = shown_cards(guide)
    config.nav = navigation(guide)


def on_files(files: Files, config: "MkDocsConfig") -> Files:
    """Add the pages and files that data makes."""
    guide = config.extra["guide"]
    for page in generated_pages(guide):
        file = File.generated(config, page.path, content=page.markdown)
        file.edit_uri = f"../{page.data}"
        files.append(file)
    made = made_files(guide, config.extra["jinja"], config.site_url or "")
    for address in made:
        files.append(MadeFile(address, partial(made.__getitem__, address), config))
    return files


def on_post_template(output_content: str, *, template_name: str, config: "MkDocsConfig") -> str:
    """Leave comments and space out of the stylesheet: the first paint waits for it."""
    del config
    minified: str = cssmin(output_content) if template_name.endswith(".css") else output_content
    return minified


def on_page_markdown(markdown: str, *, page: "Page", config: "MkDocsConfig", files: Files) -> str:
    """Replace the markers of a page by Markdown with places for blocks of HTML."""
    del files
    # MkDocs would put today into the sitemap, and two builds of one tree would differ.
    page.update_date = config.extra["as_of"]
    whole = page.file.content_string
    offset = whole.count("\n") - markdown.count("\n")
    shown = f"docs/{page.file.src_uri}"
    extra = config.extra
    try:
        rendered = expand(markdown, extra["guide"], extra["jinja"], page.url, shown, offset)
    except DataError as error:
        raise _told(error) from None
    extra["rendered"][page.file.src_uri] = rendered
    return rendered.markdown


def on_page_content(html: str, *, page: "Page", config: "MkDocsConfig", files: Files) -> str:
    """Put the blocks of HTML into their places."""
    del files
    rendered: Rendered = config.extra["rendered"].pop(page.file.src_uri)
    return rendered.filled(html)


def on_post_page(output: str, *, page: "Page", config: "MkDocsConfig") -> str:
    """Write the page as Markdown beside it."""
    markdown = page_markdown(page.content or "", page.canonical_url or "", config.extra["as_of"])
    write_file(markdown.encode(), str(Path(page.file.abs_dest_path).with_suffix(".md")))
    return output


def _told(error: DataError) -> PluginError:
    """The problems as MkDocs shows them: a line each, no traceback."""
    count = len(error.problems)
    return PluginError(f"{count} problem{'' if count == 1 else 's'} in the data:\n{error}")
