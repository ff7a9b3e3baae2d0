"""What the templates ask for: lookups in the guide, and links from the page they stand on."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from .addresses import page_of, titles
from .cells import ShownRow, ShownTable, grouped, number, own_criteria, shown_table
from .changes import Change, changes
from .context_proof import ProofContext
from .decisions import Branch, drawn, mermaid
from .guidance import Stack
from .models import Category, Choice, Criterion, Decision, Implementation, Technology
from .packages import Package, age, day, is_dormant, normalized
from .places import sides, versus_id
from .search import NAMED, Entry, entries


@dataclass(frozen=True)
class Context(ProofContext):
    """What the templates ask for: lookups in the guide and links from the page at `here`."""

    @cached_property
    def titles(self) -> dict[str, str]:
        """Address → what a link to it says."""
        return titles(self.guide)

    def page(self, address: str) -> str:
        """The link from this page to the page `technologies/redis` and its like."""
        return self.url(page_of(address))

    def title(self, address: str) -> str:
        """What a link to that page says."""
        return self.titles[address]

    def technology(self, key: str) -> Technology:
        """The technology of that id."""
        return self.guide.technologies[key]

    def tier(self, key: str) -> str | None:
        """The technology's verdict; concepts have none."""
        verdict = self.guide.technologies[key].verdict
        return verdict.tier if verdict else None

    @cached_property
    def home_of(self) -> dict[str, tuple[str, Category, Choice]]:
        """Choice → its category's id, its category, itself."""
        return {
            choice.id: (key, category, choice)
            for key, category in self.guide.categories.items()
            for choice in category.choices
        }

    def choices_of(self, key: str) -> list[tuple[str, Choice]]:
        """Where a technology is a contender: category and choice."""
        return [
            (category, choice)
            for category, _, choice in self.home_of.values()
            if key in choice.contenders
        ]

    def tables(self, choice: Choice) -> list[ShownTable]:
        """The choice's comparison tables."""
        return [shown_table(self.guide, choice, table) for table in choice.tables]

    def whole_table(self, choice: Choice) -> ShownTable:
        """Every contender of a choice by every criterion."""
        rows = own_criteria(self.guide, choice)
        contenders = choice.contenders
        return ShownTable(
            choice.id, choice.question, contenders, grouped(self.guide, rows, contenders)
        )

    def usual(self, choice: Choice) -> list[str]:
        """The contenders that a comparison begins with: the first three that are picked."""
        picked = [pick.pick for pick in choice.picks if pick.pick in choice.contenders]
        return list(dict.fromkeys([*picked, *choice.contenders]))[:3]

    def row_of(self, key: str, choice: Choice) -> ShownTable:
        """A technology's own cells in a choice, as a table of one column."""
        own = [
            (owner, row) for owner, row in own_criteria(self.guide, choice) if owner == choice.id
        ]
        return ShownTable(choice.id, choice.question, (key,), grouped(self.guide, own, (key,)))

    def home_of_pair(self, key: str) -> tuple[str, Category, Choice]:
        """The choice that a pair belongs to, after its category's id and its category."""
        return next(home for home in self.home_of.values() if key in self.pairs_of(home[2]))

    def versus_table(self, key: str) -> tuple[Choice, ShownTable]:
        """The choice that a pair belongs to and its table of two columns."""
        one, other = sides(key)
        choice = self.home_of_pair(key)[2]
        rows = own_criteria(self.guide, choice)
        return choice, ShownTable(
            key, choice.question, (one, other), grouped(self.guide, rows, (one, other))
        )

    def by_difference(self, table: ShownTable) -> list[tuple[str, list[ShownRow]]]:
        """The rows of a pair's table: what differs, what is the same, what nobody knows yet."""
        rows = [row for _, group in table.groups for row in group]
        return [
            ("Differs", [row for row in rows if row.is_known and row.differs]),
            ("Same in both", [row for row in rows if row.is_known and not row.differs]),
            ("Not executed on this version", [row for row in rows if not row.is_known]),
        ]

    def sides(self, versus: str) -> tuple[str, str]:
        """The two technologies of a versus page."""
        return sides(versus)

    def pairs_of(self, choice: Choice, key: str | None = None) -> list[str]:
        """The versus pages of a choice; with `key`, those that the technology is on."""
        pairs = [versus_id(*pair) for pair in choice.versus]
        return [pair for pair in pairs if key is None or key in sides(pair)]

    def drawn(self, decision: Decision) -> Branch:
        """The decision as its flowchart draws it."""
        return drawn(decision)

    def mermaid(self, decision: Decision) -> str:
        """The decision as Mermaid source."""
        return mermaid(decision, self.title)

    def decisions_of(self, key: str) -> list[tuple[str, Choice]]:
        """The choices that a decision serves."""
        return [(c, choice) for c, _, choice in self.home_of.values() if choice.decision == key]

    def implementations_of(self, contract: str) -> dict[str, Implementation]:
        """Technology → its implementation of a contract, by the technologies' names."""
        found = {
            key.split("/")[1]: implementation
            for key, implementation in self.guide.implementations.items()
            if key.startswith(f"{contract}/")
        }
        return dict(sorted(found.items(), key=lambda item: self.technology(item[0]).name.lower()))

    def install_of(self, technology: Technology) -> tuple[str, ...]:
        """What to install for a technology."""
        return technology.install or ((technology.package,) if technology.package else ())

    def technologies_in(self, category: str) -> list[str]:
        """The technologies of a category, by name."""
        found = [key for key, home in self.guide.category_of.items() if home == category]
        return sorted(found, key=lambda key: self.technology(key).name.lower())

    def concepts_in(self, category: str) -> list[str]:
        """The concepts of a category that are no contenders, by name."""
        return [
            key
            for key in self.technologies_in(category)
            if self.technology(key).kind == "concept" and not self.choices_of(key)
        ]

    def locked_in(self, category: str) -> dict[str, Package]:
        """Technology → its locked package, for those of a category that have one, by name."""
        packages = {
            key: self.guide.packages.get(self.technology(key).package or "")
            for key in self.technologies_in(category)
        }
        return {key: package for key, package in packages.items() if package is not None}

    def by_name(self) -> list[Entry]:
        """What has a name of its own, in the order of the names."""
        named = [entry for entry in entries(self.guide) if entry.kind in NAMED]
        return sorted(named, key=lambda entry: entry.title.lower())

    def stacks_with(self, key: str) -> dict[str, Stack]:
        """The stacks in which a technology has a role."""
        stacks = self.guide.stacks.items()
        return {name: s for name, s in stacks if any(role.pick == key for role in s.roles)}

    def install_of_stack(self, stack: Stack) -> tuple[str, ...]:
        """What to install for the roles that every such service has, each distribution once."""
        roles = [role for role in stack.roles if role.optional is None]
        items = [item for role in roles for item in self.install_of(self.technology(role.pick))]
        return tuple({normalized(item): item for item in reversed(items)}.values())[::-1]

    def changes(self) -> list[Change]:
        """Verdicts that changed, the newest first."""
        return changes(self.guide)

    def to_execute(self) -> list[tuple[str, Criterion, int, Choice]]:
        """Rows that a test could observe and none does: category, row, number of cells, choice."""
        return [
            (category, row, len(row.applies_to or choice.contenders), choice)
            for category, _, choice in self.home_of.values()
            for row in choice.criteria
            if isinstance(row, Criterion) and row.to_execute is not None
        ]

    def day(self, date: dt.date | int) -> str:
        """A date, or a year alone, as readers write it."""
        return str(date) if isinstance(date, int) else day(date)

    def sentence(self, text: str) -> str:
        """The text with a capital at its start, the rest as it is."""
        return text[:1].upper() + text[1:]

    def count(self, number: int, one: str, many: str) -> str:
        """`1 criterion`, `2 criteria`."""
        return f"{number} {one if number == 1 else many}"

    def number(self, value: float) -> str:
        """A figure with as many digits as it bears."""
        return number(value)

    def age_note(self, technology: Technology) -> str | None:
        """How old the newest release is, where that is a warning."""
        package = self.guide.packages.get(technology.package or "")
        if package is None or not is_dormant(package, self.guide.packages.as_of):
            return None
        return age(package, self.guide.packages.as_of)

    def overdue(self, technology: Technology) -> bool:
        """The review of its verdict was due on the day of the lock."""
        return bool(technology.verdict and technology.verdict.review_by < self.guide.packages.as_of)
