"""Whom a probe asks: the contenders of a choice."""

from pathlib import Path

import yaml

CATEGORIES = Path(__file__).parents[2] / "data" / "categories"


def contenders(category: str, choice: str) -> list[str]:
    """Give the ids of a choice's contenders, in the order of its table."""
    document = yaml.safe_load((CATEGORIES / f"{category}.yml").read_text(encoding="utf-8"))
    return next(entry["contenders"] for entry in document["choices"] if entry["id"] == choice)


WEB_FRAMEWORKS = contenders("web-frameworks", "web-framework")
# Written with Django, and run inside a Django project.
DJANGO_FAMILY = {"django", "django-rest-framework", "django-ninja"}
