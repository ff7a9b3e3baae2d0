"""Verdicts that changed, and the feed that tells of them."""

import datetime as dt
import uuid
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urljoin

from jinja2 import Environment

from .models import HistoryLine, Technology
from .whole import Guide

SPACE = uuid.UUID("6f0c1f0e-8f0b-5d5b-9d55-3c7c5d4f6a11")
"""Names the entries of this feed; readers would show all of them again if it changed."""


@dataclass(frozen=True)
class Change:
    """A verdict that replaced another one."""

    key: str
    """The technology."""
    technology: Technology
    before: HistoryLine
    after: HistoryLine

    @property
    def anchor(self) -> str:
        """Its anchor on the page of changes."""
        return f"{self.key}-{self.after.earliest}"

    @property
    def urn(self) -> str:
        """Its name for feed readers, the same in every build."""
        return uuid.uuid5(SPACE, self.anchor).urn


def changes(guide: Guide) -> list[Change]:
    """Every verdict that differs from the one before it, the newest first, then by name."""
    found = [
        Change(key, technology, before, after)
        for key, technology in guide.technologies.items()
        for before, after in pairwise(technology.history)
        if before.tier != after.tier
    ]
    by_name = sorted(found, key=lambda change: change.technology.name.lower())
    return sorted(by_name, key=lambda change: change.after.earliest, reverse=True)


def feed(guide: Guide, jinja: Environment, site_url: str) -> str:
    """The changes as an Atom feed (RFC 4287).

    Links are absolute where the site's address is known, else relative to the feed itself.
    """
    found = changes(guide)
    updated = max((change.after.earliest for change in found), default=dt.date(2026, 1, 1))
    base = urljoin(site_url, "changes/") if site_url else ""
    return jinja.get_template("feed.xml.j2").render(
        changes=found, updated=updated, base=base, feed=uuid.uuid5(SPACE, "feed").urn
    )
