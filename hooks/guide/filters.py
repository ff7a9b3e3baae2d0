"""By what readers narrow a list down."""

from collections.abc import Mapping

from .models import SERVICES
from .whole import Guide

NO_SERVICE = "none"


def snippet_filters(guide: Guide) -> Mapping[str, Mapping[str, str]]:
    """Category, technology and service → the values that snippets have, with their names.

    Only values that occur are there, in the order of their names; `none` stands for snippets that
    need no service.
    """
    snippets = guide.snippets
    services = {service for each in snippets.values() for service in each.services}
    named: dict[str, str] = {key: name for key, name in SERVICES.items() if key in services}
    if not all(each.services for each in snippets.values()):
        named |= {NO_SERVICE: "none needed"}
    return {
        "category": by_name(
            {
                folder: guide.categories[folder].name if folder in guide.categories else folder
                for folder in (key.split("/")[0] for key in snippets)
            }
        ),
        "technology": by_name(
            {
                technology: guide.technologies[technology].name
                for each in snippets.values()
                for technology in each.technologies
            }
        ),
        "service": named,
    }


def by_name(names: Mapping[str, str]) -> dict[str, str]:
    """The same entries in the order in which readers look for them."""
    return dict(sorted(names.items(), key=lambda item: item[1].lower()))
