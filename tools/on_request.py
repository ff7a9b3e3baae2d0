"""MkDocs's server, with each file built when a browser asks for it.

MkDocs builds every page again after each change. What data a page shows is known only once it is
built, so none could safely be left out; but a browser shows one page at a time. So a change gives
new data, a new list of files and a new navigation, and what a browser asks for is built from them.
No page outlives a change, so nothing stale is shown. Links are checked on the pages that are looked
at; `make build` checks all of them.
"""

import html
import logging
import posixpath
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, override

import click
from mkdocs.__main__ import cli
from mkdocs.commands import build, serve
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.utils import write_file

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.serve")


class Server(LiveReloadServer):
    """MkDocs's server; what is asked for is made before its file is opened."""

    def __init__(self, builder: Callable[[], None], **more: Any) -> None:  # noqa: ANN401
        """Serve what `builder` leaves to be made."""
        super().__init__(builder=partial(self.renew, builder), **more)
        self.lock = Lock()
        self.files = Files([])
        self.waiting: dict[str, tuple[File, Callable[[], None]]] = {}
        """Path in the site → a file that nobody has asked for since the change, and its making."""
        # MkDocs offers no way to leave out these steps of a build; its version is locked.
        steps: Any = build
        self.populate_page, self.build_page = steps._populate_page, steps._build_page  # noqa: SLF001
        steps._populate_page, steps._build_page = self.read_page, self.keep_page  # noqa: SLF001
        # Not the bound method itself: it would not be given the files.
        steps.Files.copy_static_files = lambda files, **how: self.keep_others(files, **how)  # noqa: PLW0108

    def renew(self, builder: Callable[[], None]) -> None:
        """Build the site anew, all but the files that wait."""
        with self.lock:
            self.waiting.clear()
            builder()

    def read_page(self, page: "Page", config: "MkDocsConfig", files: Files, _: object) -> None:
        """Read a page's title, which the navigation of others shows."""
        self.files = files
        page.read_source(config)

    def keep_others(
        self, files: Files, inclusion: Callable[[InclusionLevel], bool], **_: object
    ) -> None:
        """Let all that is no page wait instead of copying it."""
        for file in files:
            if not file.is_documentation_page() and inclusion(file.inclusion):
                self.waiting[file.dest_uri] = file, file.copy_file

    def keep_page(
        self,
        page: "Page",
        config: "MkDocsConfig",
        pages: Sequence[File],
        nav: "Navigation",
        env: "jinja2.Environment",
        *_: object,
        **__: object,
    ) -> None:
        """Let a page wait instead of building it."""
        files = self.files

        def make() -> None:
            self.populate_page(page, config, files)
            config.plugins.on_env(env, config=config, files=Files([page.file]))
            self.build_page(page, config, pages, nav, env)

        self.waiting[page.file.dest_uri] = page.file, make

    def make(self, address: str) -> None:
        """Make the file at the address, if there is one that waits."""
        name = posixpath.normpath(f"/{address}").lstrip("/")
        with self.lock:
            # A page's Markdown is written with the page.
            page = name.removesuffix(".md") + ".html"
            for path in (name, posixpath.join(name, "index.html"), page):
                file, make = self.waiting.pop(path, (None, None))
                if file is None or make is None:
                    continue
                try:
                    make()
                except Exception as error:  # noqa: BLE001  # a template can raise anything
                    log.error("%s", error)  # noqa: TRY400  # told as MkDocs tells it
                    # A whole page: MkDocs adds the script that loads it anew after the next change.
                    told = f"<!doctype html><body><pre>{html.escape(str(error))}</pre></body>"
                    write_file(told.encode(), file.abs_dest_path)

    @override
    def _serve_request(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes] | None:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "ignore")
        while True:
            with self._epoch_cond:
                self._epoch_cond.wait_for(lambda: self._visible_epoch == self._wanted_epoch)
                epoch = self._visible_epoch
            self.make(path)
            answer = super()._serve_request(environ, start_response)
            # A change in between has taken away what was just made.
            if answer is not None or epoch == self._wanted_epoch:
                return answer


def serve_on_request(address: str) -> None:
    """Run `mkdocs serve` at the address, `127.0.0.1:8000`, until it is interrupted."""
    command: Any = serve
    command.LiveReloadServer = Server
    with suppress(click.Abort):  # Ctrl-C during the first build
        cli(["serve", "--livereload", "--dev-addr", address], standalone_mode=False)
