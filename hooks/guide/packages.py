"""What `make lock` knows of every locked package: `data/packages.json`."""

import datetime as dt
import re
from typing import Literal

from .models import MetadataField, Model


class Package(Model):
    """One locked distribution, computed from the lock, the index and its installed metadata."""

    version: str
    released: dt.date | None
    """The day on which this version was uploaded."""
    requires_python: str | None
    licence: str | None
    """As the package states it: an SPDX expression where it gives one."""
    typed: bool
    """It ships a `py.typed` file."""
    wheels: Literal["pure", "platform", "none"]
    """`pure`, `platform` or `none`."""
    requires: tuple[str, ...]
    """The distributions that it asks for, extras left out."""
    size: int
    """Bytes installed, compiled files left out."""
    newest: str | None
    """The newest version that the index offered on the day of the lock."""
    lock: str
    """A digest of its lines in the lock."""


class Packages(Model):
    """The lock as data."""

    as_of: dt.date
    """The day of the lock, from which ages and overdue reviews are counted."""
    python: str
    packages: dict[str, Package]
    """By normalized name."""

    def get(self, name: str) -> Package | None:
        """The package called `name`, however it is spelled, extras and markers ignored."""
        return self.packages.get(normalized(name))


def normalized(requirement: str) -> str:
    """The name in a requirement, as the lock spells it: `Flask[async]>=3` → `flask`."""
    name = re.split(r"[\[<>=!~;@\s]", requirement.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def fact(package: Package, name: MetadataField, as_of: dt.date) -> str:
    """A field of the package as a table shows it; ages are counted up to `as_of`."""
    match name:
        case "version":
            return f"{package.version}, {age(package, as_of)}"
        case "released":
            return day(package.released) if package.released else "not stated"
        case "age":
            return age(package, as_of)
        case "requires_python":
            return f"Python {package.requires_python}" if package.requires_python else "not stated"
        case "licence":
            return package.licence or "not stated"
        case "typed":
            return "Yes" if package.typed else "No"
        case "wheels":
            return {"pure": "pure Python", "platform": "compiled", "none": "none"}[package.wheels]
        case "requires":
            return str(len(package.requires))
        case "size":
            return f"{package.size / 1_000_000:.1f} MB"


def rank(package: Package, name: MetadataField) -> float | None:
    """Where the package comes in an order by that field: newest, smallest, fewest, typed first."""
    match name:
        case "version" | "released" | "age":
            return -float(package.released.toordinal()) if package.released else None
        case "typed":
            return float(not package.typed)
        case "requires":
            return float(len(package.requires))
        case "size":
            return float(package.size)
        case "requires_python" | "licence" | "wheels":
            return None


def day(date: dt.date) -> str:
    """The date as readers write it: `20 Nov 2026`."""
    return f"{date.day} {date:%b %Y}"


def age(package: Package, as_of: dt.date) -> str:
    """How old the locked release was on `as_of`: `2 days old`, `14 months old`."""
    if package.released is None:
        return "age unknown"
    days = (as_of - package.released).days
    count, unit = next(
        (int(days / size), unit)
        for size, unit in ((365.25 / 12, "month"), (7, "week"), (1, "day"))
        if days >= 2 * size or unit == "day"
    )
    return f"{count} {unit}{'' if count == 1 else 's'} old"


def is_dormant(package: Package, as_of: dt.date) -> bool:
    """Its newest release is more than 18 months old."""
    return package.released is not None and (as_of - package.released).days > 18 * 365.25 / 12
