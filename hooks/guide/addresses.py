"""The pages of this site that data may point to, and what a link to each says."""

from collections.abc import Mapping

from .places import sides
from .whole import Guide

FOLDERS: Mapping[str, str] = {
    "category": "categories",
    "technology": "technologies",
    "decision": "decisions",
    "versus": "compare",
    "stack": "stacks",
    "lesson": "learn",
    "snippet": "snippets",
    "contract": "snippets/contracts",
}
"""Kind of thing → where the site shows its page."""

LISTS: Mapping[str, str] = {
    "learn/faq": "Questions people ask",
    "learn/version-recommendations": "Versions to use",
}
"""Pages that people wrote around what data fills in."""


def titles(guide: Guide) -> dict[str, str]:
    """Address → what a link to it says, for every page and anchor that data may name.

    `technologies/redis`, `categories/auth#token-library`, `learn/typical-mistakes#no-metrics`.
    """
    found = dict(LISTS)
    for key, category in guide.categories.items():
        found[f"categories/{key}"] = category.name
        found |= {f"categories/{key}#{c.id}": c.question for c in category.choices}
        found |= {f"categories/{key}#{t.id}": t.title for c in category.choices for t in c.tables}
    found |= {f"technologies/{key}": one.name for key, one in guide.technologies.items()}
    found |= {f"decisions/{key}": one.title for key, one in guide.decisions.items()}
    found |= {f"stacks/{key}": one.name for key, one in guide.stacks.items()}
    found |= {f"snippets/{key}": one.title for key, one in guide.snippets.items()}
    found |= {f"snippets/contracts/{key}": one.title for key, one in guide.contracts.items()}
    for key in guide.versus:
        names = [guide.technologies[side].name for side in sides(key) if side in guide.technologies]
        found[f"compare/{key}"] = " or ".join(names)
    for key, lesson in guide.lessons.items():
        found[f"learn/{key}"] = lesson.title
        found |= {f"learn/{key}#{section.id}": section.title for section in lesson.sections}
    found |= {f"learn/faq#{key}": one.question for key, one in guide.answered.items()}
    return found


def page_of(address: str) -> str:
    """The address as the site serves it: `categories/auth#tokens` → `categories/auth/#tokens`."""
    path, hash_, anchor = address.partition("#")
    return f"{path}/{hash_}{anchor}"
