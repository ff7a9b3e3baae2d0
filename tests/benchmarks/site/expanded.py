"""The site as it would be without hooks: every page's whole text as a file of Markdown."""

import shutil
from pathlib import Path
from typing import Any

import yaml
from mkdocs.utils.meta import get_data
from mkdocs.utils.yaml import yaml_load

from guide.pages import expand, made_files, navigation, theme_facts
from guide.render import environment
from tests.site.building import ROOT, SITE_URL
from tests.site.kinds import address_of, sources, the_guide

OURS = "ours.yml"
"""Our theme and plugins, no hooks."""
STOCK = "stock.yml"
"""Material as it comes, with search."""


def write_expanded(folder: Path) -> None:
    """Write the pages, the files beside them and both configurations into the folder."""
    guide, jinja = the_guide(), environment()
    docs = folder / "docs"
    shutil.copytree(ROOT / "docs/assets", docs / "assets")
    for source, text in sources().items():
        markdown, meta = get_data(text)
        rendered = expand(markdown, guide, jinja, address_of(source), source)
        whole = f"---\n{yaml.safe_dump(meta)}---\n\n{rendered.filled(rendered.markdown)}"
        write(docs / source, whole)
    for address, content in made_files(guide, jinja, SITE_URL).items():
        # MkDocs would make a page of it.
        write(docs / (f"{address}.txt" if address.endswith(".md") else address), content)
    for name, config in ((OURS, ours()), (STOCK, stock())):
        (folder / name).write_text(yaml.safe_dump(config), "utf-8")


def write(file: Path, content: str | bytes) -> None:
    """Write a file, and its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def ours() -> dict[str, Any]:
    """The repository's configuration without its hooks, and with what they add to it."""
    with (ROOT / "mkdocs.yml").open("rb") as file:
        config = yaml_load(file)
    guide = the_guide()
    del config["hooks"], config["watch"]
    config["docs_dir"] = "docs"
    config["site_url"] = SITE_URL
    config["nav"] = navigation(guide)
    config["theme"]["custom_dir"] = str(ROOT / "overrides")
    config["extra"] |= theme_facts(guide)
    for plugin in config["plugins"]:
        if "mkdocstrings" in plugin:
            plugin["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT / "hooks")]
    return config


def stock() -> dict[str, Any]:
    """The same pages in Material as it comes, with its search."""
    config = ours()
    config["theme"] = {"name": "material"}
    config["plugins"] = ["search", *config["plugins"]]
    del config["extra"]
    return config
