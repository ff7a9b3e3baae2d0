"""What each marker in a page becomes: `<!-- guide:technology fastapi -->` and its like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jinja2 import Environment

from .addresses import LISTS
from .cells import MARKS
from .context import Context
from .render import Blocks, Rendered
from .whole import Guide


@dataclass(frozen=True)
class View:
    """One marker: a template, and the ids that it takes (None: it takes no id)."""

    template: str
    ids: Callable[[Guide], set[str]] | None


def _choice_ids(guide: Guide) -> set[str]:
    return {choice.id for category in guide.categories.values() for choice in category.choices}


INDEXES = (
    "categories",
    "technologies",
    "versus",
    "decisions",
    "stacks",
    "snippets",
    "learn",
    "search",
)
"""The pages that list all of a kind."""

VIEWS: Mapping[str, View] = {
    "home": View("home.md.j2", None),
    "choice": View("choice.md.j2", _choice_ids),
    "companions": View("companions.md.j2", lambda guide: set(guide.categories)),
    "technology": View("technology.md.j2", lambda guide: set(guide.technologies)),
    "versus": View("versus.md.j2", lambda guide: set(guide.versus)),
    "decision": View("decision.md.j2", lambda guide: set(guide.decisions)),
    "snippet": View("snippet.md.j2", lambda guide: set(guide.snippets)),
    "contract": View("contract.md.j2", lambda guide: set(guide.contracts)),
    "how-it-was-run": View("how-it-was-run.md.j2", lambda guide: set(guide.contracts)),
    "proof": View("proof.md.j2", None),
    "stack": View("stack.md.j2", lambda guide: set(guide.stacks)),
    "lesson": View("lesson.md.j2", lambda guide: set(guide.lessons)),
    "flowchart": View("flowchart.md.j2", lambda guide: set(guide.decisions)),
    "faq": View("faq.md.j2", None),
    "versions": View("versions.md.j2", None),
    "changes": View("changes.md.j2", None),
    "index": View("index.md.j2", lambda _: set(INDEXES)),
}


def render_view(
    jinja: Environment, guide: Guide, name: str, key: str | None, here: str, first: int
) -> Rendered:
    """The view `name` of `key` for the page at `here`, its blocks numbered from `first`."""
    blocks = Blocks(first)
    template = jinja.get_template(VIEWS[name].template)
    context = Context(guide, here)
    return Rendered(
        template.render(g=guide, c=context, key=key, block=blocks, MARKS=MARKS, LISTS=LISTS),
        tuple(blocks.collected),
    )
