"""Rules for choices: their contenders, criteria, tables, pairs and anchors."""

from collections.abc import Iterator

from guide.models import Choice, Criterion, CriterionUse, Versus
from guide.places import sides, versus_id
from guide.problems import Problem, nearest
from guide.whole import Guide
from guide.yamlfile import Loc, YamlFile

from .shared import choices, repeated, unknown


def choices_refer_to_contenders(guide: Guide) -> Iterator[Problem]:
    """Picks, tables and pairs name the choice's own contenders."""
    known = guide.ids("technology")
    for file, category, choice, at in choices(guide):
        contenders = set(choice.contenders)
        yield from repeated(file, (*at, "contenders"), "contender", choice.contenders)
        for n, key in enumerate(choice.contenders):
            yield from unknown(file, (*at, "contenders", n), "technology", key, known)
            if key in category.companions:
                message = f"'{key}' is contender and companion; delete one of them"
                yield file.problem((*at, "contenders", n), message)
        for n, pick in enumerate(choice.picks):
            loc = (*at, "picks", n, "pick")
            yield from unknown(file, loc, "contender", pick.pick, contenders)
        for n, table in enumerate(choice.tables):
            place = (*at, "tables", n, "contenders")
            yield from repeated(file, place, "contender", table.contenders or ())
            for m, key in enumerate(table.contenders or ()):
                loc = (*at, "tables", n, "contenders", m)
                yield from unknown(file, loc, "contender", key, contenders)
        if choice.decision is not None:
            loc = (*at, "decision")
            yield from unknown(file, loc, "decision", choice.decision, guide.ids("decision"))
    for key, category in guide.categories.items():
        for n, companion in enumerate(category.companions):
            file = guide.files["category", key]
            yield from unknown(file, ("companions", n), "technology", companion, known)


def criteria_are_whole(guide: Guide) -> Iterator[Problem]:
    """Each criterion can be filled by the evidence it accepts; tables name criteria there are."""
    own = {
        f"{c.id}/{row.id}": c.contenders
        for _, _, c, _ in choices(guide)
        for row in c.criteria
        if isinstance(row, Criterion)
    }
    for file, _, choice, at in choices(guide):
        names = [
            row.id if isinstance(row, Criterion) else row.use.split("/")[1]
            for row in choice.criteria
        ]
        for n, row in enumerate(choice.criteria):
            loc = (*at, "criteria", n)
            if names.index(names[n]) != n:
                yield file.problem(loc, f"the criterion '{names[n]}' is there twice; delete one")
            if isinstance(row, CriterionUse):
                yield from unknown(file, loc, "criterion", row.use, set(own))
                lent_to = set(own.get(row.use, choice.contenders))
                for key in choice.contenders:
                    if key not in lent_to:
                        message = f"'{key}' has no cell in '{row.use}'; make it a contender there "
                        yield file.problem(loc, message + "or give this choice its own criterion")
            else:
                yield from (file.problem(loc, message) for message in _criterion_faults(row))
                for key in row.applies_to or ():
                    yield from unknown(file, loc, "contender", key, set(choice.contenders))
        for n, table in enumerate(choice.tables):
            place = (*at, "tables", n, "criteria")
            rows = () if table.criteria == "all" else table.criteria
            yield from repeated(file, place, "criterion", rows)
            for m, name in enumerate(rows):
                loc = (*at, "tables", n, "criteria", m)
                yield from unknown(file, loc, "criterion", name, set(names))


def _criterion_faults(criterion: Criterion) -> Iterator[str]:
    if ("probe" in criterion.accepts) != bool(criterion.outcomes):
        message = "must have outcomes if, and only if, it accepts a probe; mend `accepts`"
        yield f"'{criterion.id}' {message}"
    if ("benchmark" in criterion.accepts) != (
        criterion.unit is not None and criterion.better is not None
    ):
        yield f"'{criterion.id}' needs `unit` and `better` if, and only if, it accepts a benchmark"
    for word in criterion.good:
        if word not in criterion.outcomes:
            yield f"'{word}' is no outcome of '{criterion.id}'; " + nearest(
                word, criterion.outcomes, "add it to `outcomes`"
            )
    if criterion.field is not None and criterion.accepts != ("judgement",):
        yield f"'{criterion.id}' shows a field of the verdict; it must accept judgement alone"


def pairs_have_their_page(guide: Guide) -> Iterator[Problem]:
    """Each pair that people search has a file, and each file is such a pair."""
    wanted: dict[str, Choice] = {}
    for file, _, choice, at in choices(guide):
        for n, pair in enumerate(choice.versus):
            loc = (*at, "versus", n)
            for key in pair:
                yield from unknown(file, loc, "contender", key, set(choice.contenders))
            stem = versus_id(*pair)
            if pair[0] == pair[1]:
                yield file.problem(loc, f"compares '{pair[0]}' with itself; name two")
                continue
            if stem in wanted:
                yield file.problem(loc, f"claims /compare/{stem}/ a second time; delete the pair")
            wanted[stem] = choice
            if stem not in guide.ids("versus"):
                yield file.problem(loc, f"has no page; write data/versus/{stem}.yml")
    for stem, versus in guide.versus.items():
        yield from _versus_faults(guide.files["versus", stem], stem, versus, set(wanted))


def _versus_faults(
    file: YamlFile, stem: str, versus: Versus, wanted: set[str]
) -> Iterator[Problem]:
    if stem not in wanted:
        cure = nearest(stem, wanted, "add the pair to a choice's `versus` or delete the file")
        yield file.problem((), f"'{stem}' is a pair of no choice; {cure}")
        return
    for n, pick in enumerate(versus.verdicts):
        loc = ("verdicts", n, "pick")
        yield from unknown(file, loc, "contender", pick.pick, set(sides(stem)))


def addresses_are_claimed_once(guide: Guide) -> Iterator[Problem]:
    """Choices and tables are anchors of their page, and a choice's id is its own."""
    homes: dict[str, str] = {}
    for key, category in guide.categories.items():
        file = guide.files["category", key]
        anchors = {"snippets", "companions", "mistakes", "how-measured"}
        for n, choice in enumerate(category.choices):
            at: Loc = ("choices", n)
            if (other := homes.setdefault(choice.id, key)) != key:
                yield file.problem(at, f"the choice '{choice.id}' is in '{other}' too; rename one")
            own = [(at, name) for name in (choice.id, f"decide-{choice.id}", f"versus-{choice.id}")]
            for m, table in enumerate(choice.tables):
                own += [((*at, "tables", m), name) for name in (table.id, f"cap-{table.id}")]
            for loc, anchor in own:
                if anchor in anchors:
                    message = f"'{anchor}' is an anchor of this page already; choose another id"
                    yield file.problem(loc, message)
                anchors.add(anchor)


def categories_have_their_page(guide: Guide) -> Iterator[Problem]:
    """The prose page of a category shows each of its choices, and its companions."""
    for key, category in guide.categories.items():
        path = f"docs/categories/{key}.md"
        wanted = [f"<!-- guide:choice {choice.id} -->" for choice in category.choices]
        wanted.append(f"<!-- guide:companions {key} -->")
        if not (guide.root / path).is_file():
            message = f"has no page; write {path} with the markers {' '.join(wanted)}"
            yield guide.files["category", key].problem((), message)
            continue
        lines = (guide.root / path).read_text("utf-8", errors="replace").splitlines()
        for marker in wanted:
            if marker not in lines:
                yield Problem(path, 1, f"lacks the line {marker}; add it where it belongs")
