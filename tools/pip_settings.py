"""What this machine told pip about indexes and the network, in the words of uv.

uv reads none of pip's configuration. Runs on any Python from 3.8 on.
"""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# pip's option → the variables in which uv may have been told the same; the first one is set.
VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
    "no-index": ("UV_NO_INDEX",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "cert": ("SSL_CERT_FILE",),
    "proxy": ("ALL_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy"),
}
# What a machine adds to its index. The lock must not hold it: nobody else could install it.
ADDITIONS = ("extra-index-url", "find-links")
SPELLED = {"default-timeout": "timeout"}
SEPARATORS = {"find-links": ","}


def uv_environment(environ: Mapping[str, str], *, additions: bool = True) -> dict[str, str]:
    """Give the environment for uv: the caller's, and pip's settings where uv has none.

    Without `additions`, extra indexes and links that pip was told of are left out.
    """
    result = dict(environ)
    for option, value in pip_settings(environ).items():
        names = VARIABLES.get(option, ())
        skipped = option in ADDITIONS and not additions
        if names and not skipped and not any(environ.get(name) for name in names):
            result[names[0]] = SEPARATORS.get(option, " ").join(value.split())
            if option == "extra-index-url":
                # pip takes the best file of all indexes. Hashes make that safe.
                result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Give pip's options by long name: configuration files, then `PIP_…` variables over them."""
    settings = {}
    for path in configuration_files(environ):
        settings.update(options_in(path))
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            settings[canonical(name[len("PIP_") :])] = value
    return settings


def options_in(path: Path) -> dict[str, str]:
    """Give the options of one `pip.conf`; none if it is missing or broken (pip will say so)."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    sections = [name for name in ("global", "install") if parser.has_section(name)]
    return {canonical(key): value for name in sections for key, value in parser.items(name)}


def canonical(option: str) -> str:
    """Give an option's long name: `DEFAULT_TIMEOUT` → `timeout`."""
    name = option.lower().replace("_", "-")
    return SPELLED.get(name, name)


def configuration_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the files that pip reads, the strongest last."""
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
    for folder in reversed(environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    if chosen:
        yield Path(chosen)
