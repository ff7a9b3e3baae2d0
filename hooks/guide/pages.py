"""The site's pages: those that data alone makes, and the markers in those that people write."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

from .addresses import LISTS
from .cards import cards
from .cells import MARKS
from .changes import feed
from .context import Context
from .llms import llms_text
from .made import Made
from .places import code_files, sides, test_path
from .problems import DataError, Problem, nearest
from .render import Rendered
from .search import search_file
from .text import bare
from .views import VIEWS, render_view
from .whole import Guide

MARKER = re.compile(r"^<!-- guide:(?P<view>[a-z-]+)(?: (?P<key>[a-z0-9/-]+))? -->$")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")


@dataclass(frozen=True)
class Page:
    """A page without a file of its own: its path below `docs/`, its text, the data behind it."""

    path: str
    markdown: str
    data: str


def generated_pages(guide: Guide) -> list[Page]:
    """Every page that data alone makes."""
    pages = [
        _page(f"{folder}/index.md", f"index {folder_key}", title, description, "data/")
        for folder, folder_key, title, description in INDEXES
    ]
    for key, technology in guide.technologies.items():
        text = technology.verdict.because if technology.verdict else technology.summary
        pages.append(_of(guide, "technology", key, f"technologies/{key}.md", technology.name, text))
    for key, versus in guide.versus.items():
        title = " or ".join(guide.technologies[side].name for side in sides(key))
        pages.append(_of(guide, "versus", key, f"compare/{key}.md", title, versus.answer))
    for key, decision in guide.decisions.items():
        text = f"{len(decision.questions)} questions that lead to a choice, as a flowchart."
        pages.append(_of(guide, "decision", key, f"decisions/{key}.md", decision.title, text))
    for key, stack in guide.stacks.items():
        pages.append(_of(guide, "stack", key, f"stacks/{key}.md", stack.name, stack.summary))
    for key, lesson in guide.lessons.items():
        pages.append(_of(guide, "lesson", key, f"learn/{key}.md", lesson.title, lesson.summary))
    for key, snippet in guide.snippets.items():
        pages.append(_of(guide, "snippet", key, f"snippets/{key}.md", snippet.title, snippet.when))
    for key, contract in guide.contracts.items():
        path = f"snippets/contracts/{key}.md"
        pages.append(_of(guide, "contract", key, path, contract.title, contract.summary))
    return pages


INDEXES = (
    ("categories", "categories", "Choices", "Every choice, by field, with its answer."),
    ("technologies", "technologies", "Technologies", "Every technology with its verdict."),
    (
        "compare",
        "versus",
        "Compare",
        "Two to four of a field side by side, and pairs with a verdict.",
    ),
    ("decisions", "decisions", "Decide", "Flowcharts that lead from questions to a choice."),
    ("stacks", "stacks", "Stacks", "Technologies that work together, and what they cost to run."),
    ("learn", "learn", "Learn", "What to learn, what goes wrong, and what people ask."),
    ("snippets", "snippets", "Snippets", "Code that ran, with what it ran on."),
    ("search", "search", "Search", "Everything in the guide by name, with its other names."),
)


def _of(guide: Guide, kind: str, key: str, path: str, title: str, description: str) -> Page:
    data, category = guide.files[kind, key].path, _category(guide, kind, key)
    return _page(path, f"{kind} {key}", title, description, data, category)


def _category(guide: Guide, kind: str, key: str) -> str | None:
    """The category where the rivals of a technology, a pair or a snippet are."""
    match kind:
        case "technology":
            return guide.category_of[key]
        case "versus":
            return Context(guide, "").home_of_pair(key)[0]
        case "snippet":
            return key.partition("/")[0]
        case _:
            return None


def _page(
    path: str,
    marker: str,
    title: str,
    description: str,
    data: str,
    category: str | None = None,
) -> Page:
    meta: dict[str, Any] = {"title": bare(title), "description": bare(description)}
    if category is not None:
        meta["category"] = category
    if marker.startswith("versus "):
        meta["wide"] = True
    if marker.startswith("snippet "):
        meta["beside"] = True
    front = yaml.safe_dump(meta, sort_keys=True, allow_unicode=True, width=10_000)
    return Page(path, f"---\n{front}---\n\n<!-- guide:{marker} -->\n", data)


def made_files(guide: Guide, jinja: Environment, site_url: str) -> Made[str | bytes]:
    """Every file that is no page: raw files, redirects, tables, cards, feed, search, list."""
    # Other sites ask for a card by its whole address; where there is none, nobody asks.
    pictures = cards(guide, guide.root / ".cache") if site_url else {}
    return Made(
        {address: path.read_bytes for address, path in raw_files(guide).items()}
        | redirects(guide, jinja)
        | whole_tables(guide, jinja)
        | pictures
        | {
            "changes/feed.xml": partial(feed, guide, jinja, site_url),
            "search/entries.json": partial(search_file, guide),
            "llms.txt": partial(llms_text, guide, jinja, site_url),
        }
    )


def raw_files(guide: Guide) -> dict[str, Path]:
    """Address → path of files served as they are: snippets, and the tests behind what ran."""
    root = guide.root
    files = {path.relative_to(root).as_posix(): path for path in code_files(root / "snippets")}
    tests = [test_path("snippet", key) for key in guide.snippets]
    tests += [test_path(*key.split("/", 1)) for key in guide.proofs]
    files |= {f"proof/{path.as_posix()}": root / path for path in tests if (root / path).is_file()}
    return dict(sorted(files.items()))


def whole_tables(guide: Guide, jinja: Environment) -> dict[str, Callable[[], str]]:
    """Address → every contender of a choice by every criterion, from which `/compare/` picks."""
    template = jinja.get_template("whole-table.html.j2")
    choices = [choice for category in guide.categories.values() for choice in category.choices]
    here = Context(guide, "compare/tables/")
    return {
        f"{here.here}{choice.id}.html": partial(template.render, c=here, choice=choice, MARKS=MARKS)
        for choice in choices
    }


def redirects(guide: Guide, jinja: Environment) -> dict[str, Callable[[], str]]:
    """Address → page that sends `/compare/<b>-vs-<a>/` to the pair in alphabetical order."""
    template = jinja.get_template("redirect.html.j2")
    return {
        "compare/{1}-vs-{0}/index.html".format(*sides(key)): partial(template.render, key=key)
        for key in guide.versus
    }


def theme_facts(guide: Guide) -> dict[str, Any]:
    """What the theme shows of the data: its day, and the name of each category."""
    names = {key: category.name for key, category in guide.categories.items()}
    return {"as_of": guide.packages.as_of.isoformat(), "categories": names}


def navigation(guide: Guide) -> list[Any]:
    """The site's navigation as MkDocs takes it."""
    names = {key: technology.name for key, technology in guide.technologies.items()}
    technologies = sorted(names, key=lambda key: names[key].lower())
    return [
        {"Home": "index.md"},
        {"Decide": ["decisions/index.md", *(f"decisions/{key}.md" for key in guide.decisions)]},
        {"Choices": ["categories/index.md", *(f"categories/{key}.md" for key in guide.categories)]},
        {
            "Technologies": [
                "technologies/index.md",
                *(f"technologies/{k}.md" for k in technologies),
            ]
        },
        {"Stacks": ["stacks/index.md", *(f"stacks/{key}.md" for key in guide.stacks)]},
        {"Compare": ["compare/index.md", *(f"compare/{key}.md" for key in guide.versus)]},
        {
            "Snippets": [
                "snippets/index.md",
                *(f"snippets/{key}.md" for key in guide.snippets),
                *(f"snippets/contracts/{key}.md" for key in guide.contracts),
            ]
        },
        {
            "Learn": [
                "learn/index.md",
                *(f"learn/{key}.md" for key in guide.lessons),
                *(f"{address}.md" for address in LISTS),
            ]
        },
        {
            "Proof": [
                "proof.md",
                "changes.md",
                "reference/data.md",
                "contributing.md",
                "search/index.md",
            ]
        },
    ]


def expand(
    markdown: str, guide: Guide, jinja: Environment, here: str, shown: str, offset: int = 0
) -> Rendered:
    """The page with every marker replaced by its view; markers inside code fences are left alone.

    `shown` and `offset` are the page's path and the lines above its text, for problems.

    Raises:
        DataError: A marker names no view or no such thing.
    """
    problems: list[Problem] = []
    lines: list[str] = []
    blocks: list[str] = []
    fence = ""
    for number, line in enumerate(markdown.splitlines(), start=offset + 1):
        opened = FENCE.match(line)
        # What opens a fence may name a language; what closes it stands alone.
        if opened and (not fence or (opened[1].startswith(fence) and not opened[2].strip())):
            fence = "" if fence else opened[1]
        marker = None if fence else MARKER.match(line)
        if marker is None:
            if "<!-- guide:" in line and not fence:
                problems.append(Problem(shown, number, "no marker; write `<!-- guide:view id -->`"))
            lines.append(line)
            continue
        name, key = marker["view"], marker["key"]
        if fault := _marker_fault(guide, name, key):
            problems.append(Problem(shown, number, fault))
            continue
        view = render_view(jinja, guide, name, key, here, len(blocks))
        lines.append(view.markdown)
        blocks += view.blocks
    if problems:
        raise DataError(problems)
    return Rendered("\n".join(lines) + "\n", tuple(blocks))


def _marker_fault(guide: Guide, name: str, key: str | None) -> str | None:
    view = VIEWS.get(name)
    if view is None:
        return f"unknown view '{name}'; " + nearest(name, VIEWS, "see hooks/guide/views.py")
    known = view.ids(guide) if view.ids else None
    if known is None:
        return f"the view '{name}' takes no id; delete '{key}'" if key else None
    if key is None:
        return f"the view '{name}' needs an id; write `<!-- guide:{name} <id> -->`"
    if key not in known:
        return f"unknown {name} '{key}'; " + nearest(key, known, "add its data file")
    return None
