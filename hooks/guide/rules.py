"""What must hold between the files: each rule yields what breaks it.

A rule that needs another file to be valid looks at what could be loaded, so that one broken
file is reported once and not again by everything that refers to it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from .decisions import loops, unreachable
from .load import Guide
from .models import Category, Cell, Choice, Criterion, CriterionUse, Technology, Versus
from .packages import normalized
from .problems import Problem, nearest
from .snippets import highlighted_lines, snippet_files
from .yamlfile import Loc, YamlFile

Rule = Callable[[Guide], Iterable[Problem]]


def broken_rules(guide: Guide) -> list[Problem]:
    """Everything in the guide that breaks a rule."""
    return [problem for rule in RULES for problem in rule(guide)]


def _unknown(file: YamlFile, loc: Loc, kind: str, word: str, known: set[str]) -> Iterator[Problem]:
    if word not in known:
        cure = nearest(word, known, f"add its file or use one of the {len(known)} there are")
        yield file.problem(loc, f"unknown {kind} '{word}'; {cure}")


def _choices(guide: Guide) -> Iterator[tuple[YamlFile, Category, Choice, Loc]]:
    for key, category in guide.categories.items():
        for n, choice in enumerate(category.choices):
            yield guide.files["category", key], category, choice, ("choices", n)


def technologies_stand_in_a_category(guide: Guide) -> Iterator[Problem]:
    """A technology's folder is a category, and the category lists it."""
    for key, technology in guide.technologies.items():
        file, home = guide.files["technology", key], guide.category_of[key]
        yield from _unknown(file, (), "category", home, guide.ids("category"))
        category = guide.categories.get(home)
        if category is None or technology.kind == "concept":
            continue
        if not any(key in choice.contenders for choice in category.choices) and (
            key not in category.companions
        ):
            message = f"is in no choice of '{home}'; add it there to `contenders` or `companions`"
            yield file.problem((), message)


def technology_references_exist(guide: Guide) -> Iterator[Problem]:
    """`instead` and `works_with` name technologies."""
    known = guide.ids("technology")
    for key, technology in guide.technologies.items():
        file = guide.files["technology", key]
        for n, other in enumerate(technology.works_with):
            yield from _unknown(file, ("works_with", n), "technology", other, known)
        for n, other in enumerate(technology.verdict.instead if technology.verdict else ()):
            yield from _unknown(file, ("verdict", "instead", n), "technology", other, known)


def verdicts_are_whole(guide: Guide) -> Iterator[Problem]:
    """Dates are in order, the past ends in the present, and a rejection shows the way out."""
    for key, technology in guide.technologies.items():
        file, verdict = guide.files["technology", key], technology.verdict
        if verdict is None:
            continue
        if verdict.review_by <= verdict.decided:
            message = "review_by is not after decided; set a later day"
            yield file.problem(("verdict", "review_by"), message)
        for n, (before, after) in enumerate(pairwise(technology.history), start=1):
            if after.earliest < before.earliest:
                message = "is older than the line above it; put the oldest line first"
                yield file.problem(("history", n), message)
        last = technology.history[-1] if technology.history else None
        if last is None or (last.tier, last.date) != (verdict.tier, verdict.decided):
            message = f"the last line of history is not the verdict; end it with {verdict.decided}, "
            yield file.problem(("history",), message + f"tier {verdict.tier}")
        if verdict.tier in {"legacy", "avoid"} and not (verdict.instead and verdict.move):
            message = f"says {verdict.tier} but not what to do; add `instead` and `move`"
            yield file.problem(("verdict",), message)


def packages_are_locked(guide: Guide) -> Iterator[Problem]:
    """What readers are told to install is what was locked."""
    known = set(guide.packages.packages)
    if not known:  # the lock itself is missing, which is reported once
        return
    cure = "add it to a dependency group in pyproject.toml and run `make lock`"
    for kind, things in (
        ("technology", guide.technologies),
        ("snippet", guide.snippets),
        ("implementation", guide.implementations),
    ):
        for key, thing in things.items():
            file = guide.files[kind, key]
            if isinstance(thing, Technology) and thing.package is not None:
                if normalized(thing.package) not in known:
                    message = f"package '{thing.package}' is not locked; {cure}"
                    yield file.problem(("package",), message)
            for n, requirement in enumerate(thing.install):
                if normalized(requirement) not in known:
                    message = f"'{requirement}' is not locked; {cure}"
                    yield file.problem(("install", n), message)


def aliases_are_claimed_once(guide: Guide) -> Iterator[Problem]:
    """No two technologies answer to one name."""
    claimed = {thing.name.casefold(): key for key, thing in sorted(guide.technologies.items())}
    for key, technology in sorted(guide.technologies.items()):
        for n, alias in enumerate(technology.aliases):
            if (owner := claimed.setdefault(alias.casefold(), f"{key}/{n}")) != f"{key}/{n}":
                message = f"the alias '{alias}' is taken by '{owner.split('/')[0]}'; delete one"
                yield guide.files["technology", key].problem(("aliases", n), message)


def choices_refer_to_contenders(guide: Guide) -> Iterator[Problem]:
    """Picks, tables and pairs name the choice's own contenders."""
    known = guide.ids("technology")
    for file, category, choice, at in _choices(guide):
        contenders = set(choice.contenders)
        for n, key in enumerate(choice.contenders):
            yield from _unknown(file, (*at, "contenders", n), "technology", key, known)
            if key in category.companions:
                message = f"'{key}' is contender and companion; delete one of them"
                yield file.problem((*at, "contenders", n), message)
        for n, pick in enumerate(choice.picks):
            loc = (*at, "picks", n, "pick")
            yield from _unknown(file, loc, "contender", pick.pick, contenders)
        for n, table in enumerate(choice.tables):
            for m, key in enumerate(table.contenders or ()):
                loc = (*at, "tables", n, "contenders", m)
                yield from _unknown(file, loc, "contender", key, contenders)
        if choice.decision is not None:
            loc = (*at, "decision")
            yield from _unknown(file, loc, "decision", choice.decision, guide.ids("decision"))
    for key, category in guide.categories.items():
        for n, companion in enumerate(category.companions):
            file = guide.files["category", key]
            yield from _unknown(file, ("companions", n), "technology", companion, known)


def criteria_are_whole(guide: Guide) -> Iterator[Problem]:
    """Each criterion can be filled by the evidence it accepts; tables name criteria there are."""
    own = {f"{c.id}/{row.id}" for _, _, c, _ in _choices(guide) for row in c.criteria if isinstance(row, Criterion)}
    for file, _, choice, at in _choices(guide):
        names = [row.id if isinstance(row, Criterion) else row.use.split("/")[1] for row in choice.criteria]
        for n, row in enumerate(choice.criteria):
            loc = (*at, "criteria", n)
            if names.index(names[n]) != n:
                yield file.problem(loc, f"the criterion '{names[n]}' is there twice; delete one")
            if isinstance(row, CriterionUse):
                yield from _unknown(file, loc, "criterion", row.use, own)
            else:
                yield from (file.problem(loc, message) for message in _criterion_faults(row))
                for key in row.applies_to or ():
                    yield from _unknown(file, loc, "contender", key, set(choice.contenders))
        for n, table in enumerate(choice.tables):
            for m, name in enumerate(() if table.criteria == "all" else table.criteria):
                loc = (*at, "tables", n, "criteria", m)
                yield from _unknown(file, loc, "criterion", name, set(names))


def _criterion_faults(criterion: Criterion) -> Iterator[str]:
    if ("probe" in criterion.accepts) != bool(criterion.outcomes):
        yield f"'{criterion.id}' must have outcomes if, and only if, it accepts a probe; mend `accepts`"
    if ("benchmark" in criterion.accepts) != (criterion.unit is not None and criterion.better is not None):
        yield f"'{criterion.id}' needs `unit` and `better` if, and only if, it accepts a benchmark"
    for word in criterion.good:
        if word not in criterion.outcomes:
            yield f"'{word}' is no outcome of '{criterion.id}'; " + nearest(
                word, criterion.outcomes, "add it to `outcomes`"
            )
    if criterion.field is not None and criterion.accepts != ("judgement",):
        yield f"'{criterion.id}' shows a field of the verdict; it must accept judgement alone"


def cells_are_filled(guide: Guide) -> Iterator[Problem]:
    """Every contender has one cell for each criterion that applies, with evidence it accepts."""
    choices = {choice.id: choice for _, _, choice, _ in _choices(guide)}
    for key, technology in guide.technologies.items():
        file = guide.files["technology", key]
        for choice_id, cells in technology.cells.items():
            at: Loc = ("cells", choice_id)
            choice = choices.get(choice_id)
            if choice is None:
                yield from _unknown(file, at, "choice", choice_id, set(choices))
                continue
            if key not in choice.contenders:
                message = f"'{key}' is no contender of '{choice_id}'; add it there or delete the cells"
                yield file.problem(at, message)
            criteria = {row.id: row for row in choice.criteria if isinstance(row, Criterion)}
            for name, cell in cells.items():
                yield from _cell_faults(guide, technology, file, (*at, name), criteria, cell)
    for choice in choices.values():
        for key in choice.contenders:
            if key not in guide.technologies:
                continue
            for row in choice.criteria:
                if isinstance(row, Criterion) and _wants_cell(row, key, guide.technologies[key], choice):
                    file = guide.files["technology", key]
                    message = f"has no cell for '{choice.id}/{row.id}'; add one, "
                    message += f"with evidence of the kind {' or '.join(row.accepts)}"
                    yield file.problem(("cells", choice.id), message)


def _wants_cell(row: Criterion, key: str, technology: Technology, choice: Choice) -> bool:
    applies = row.applies_to is None or key in row.applies_to
    return applies and row.field is None and row.id not in technology.cells.get(choice.id, {})


def _cell_faults(  # noqa: PLR0913  # a cell is judged by all that surrounds it
    guide: Guide,
    technology: Technology,
    file: YamlFile,
    loc: Loc,
    criteria: dict[str, Criterion],
    cell: Cell,
) -> Iterator[Problem]:
    name = str(loc[-1])
    criterion = criteria.get(name)
    if criterion is None:
        yield from _unknown(file, loc, "criterion", name, set(criteria))
        return
    evidence = cell.evidence
    if evidence.kind not in criterion.accepts:
        accepted = " or ".join(criterion.accepts)
        message = f"'{name}' does not accept {evidence.kind}; give evidence of the kind {accepted}"
        yield file.problem((*loc, "evidence"), message)
    if evidence.metadata is not None and technology.package is None:
        message = "reads package metadata, but the technology has no `package`; add it"
        yield file.problem((*loc, "evidence"), message)
    lock = guide.packages
    if evidence.package is not None and lock.packages and not lock.get(evidence.package.distribution):
        message = f"'{evidence.package.distribution}' is not locked; name a locked distribution"
        yield file.problem((*loc, "evidence", "package"), message)
    for kind, reference in (("probe", evidence.probe), ("benchmark", evidence.benchmark)):
        if reference is not None and not (guide.root / test_path(kind, reference)).is_file():
            known = set(_tests(guide.root, kind))
            yield from _unknown(file, (*loc, "evidence", kind), kind, reference, known)


def test_path(kind: str, reference: str) -> Path:
    """Where the test behind a probe, benchmark or snippet stands: `<category>/<id>` → path."""
    folder, _, stem = reference.partition("/")
    return Path("tests") / f"{kind}s" / folder / f"test_{stem.replace('-', '_')}.py"


def _tests(root: Path, kind: str) -> Iterator[str]:
    for path in (root / "tests" / f"{kind}s").glob("*/test_*.py"):
        yield f"{path.parent.name}/{path.stem.removeprefix('test_').replace('_', '-')}"


def pairs_have_their_page(guide: Guide) -> Iterator[Problem]:
    """Each pair that people search has a file, and each file is such a pair."""
    wanted: dict[str, Choice] = {}
    for file, _, choice, at in _choices(guide):
        for n, pair in enumerate(choice.versus):
            loc = (*at, "versus", n)
            for key in pair:
                yield from _unknown(file, loc, "contender", key, set(choice.contenders))
            stem = versus_id(*pair)
            if stem in wanted:
                yield file.problem(loc, f"claims /compare/{stem}/ a second time; delete the pair")
            wanted[stem] = choice
            if stem not in guide.ids("versus"):
                yield file.problem(loc, f"has no page; write data/versus/{stem}.yml")
    for stem, versus in guide.versus.items():
        yield from _versus_faults(guide.files["versus", stem], stem, versus, set(wanted))


def _versus_faults(file: YamlFile, stem: str, versus: Versus, wanted: set[str]) -> Iterator[Problem]:
    if stem not in wanted:
        cure = nearest(stem, wanted, "add the pair to a choice's `versus` or delete the file")
        yield file.problem((), f"'{stem}' is a pair of no choice; {cure}")
        return
    for n, pick in enumerate(versus.verdicts):
        loc = ("verdicts", n, "pick")
        yield from _unknown(file, loc, "contender", pick.pick, set(stem.split("-vs-")))


def versus_id(one: str, other: str) -> str:
    """The id of the page that compares two technologies, whichever is named first."""
    return "-vs-".join(sorted((one, other)))


def addresses_are_claimed_once(guide: Guide) -> Iterator[Problem]:
    """Choices and tables are anchors of their category's page, and choices are known by their id."""
    choices: dict[str, str] = {}
    for key, category in guide.categories.items():
        file = guide.files["category", key]
        anchors: set[str] = set()
        for n, choice in enumerate(category.choices):
            at: Loc = ("choices", n)
            if (other := choices.setdefault(choice.id, key)) != key:
                yield file.problem(at, f"the choice '{choice.id}' is in '{other}' too; rename one")
            own = [(at, choice.id)]
            own += [((*at, "tables", m), table.id) for m, table in enumerate(choice.tables)]
            for loc, anchor in own:
                if anchor in anchors:
                    message = f"'{anchor}' is an anchor of this page already; choose another id"
                    yield file.problem(loc, message)
                anchors.add(anchor)


def decisions_lead_somewhere(guide: Guide) -> Iterator[Problem]:
    """Every question is reached, every path ends, and every pick is a contender."""
    for key, decision in guide.decisions.items():
        file, names = guide.files["decision", key], set(decision.questions)
        yield from _unknown(file, ("start",), "question", decision.start, names)
        for name, question in decision.questions.items():
            for n, answer in enumerate(question.answers):
                at = ("questions", name, "answers", n)
                if answer.to is not None:
                    yield from _unknown(file, (*at, "to"), "question", answer.to, names)
                if answer.pick is not None:
                    known = guide.ids("technology")
                    yield from _unknown(file, (*at, "pick"), "technology", answer.pick, known)
        for name in unreachable(decision):
            message = f"no answer leads to the question '{name}'; lead one there or delete it"
            yield file.problem(("questions", name), message)
        for name, n in loops(decision):
            message = f"leads back to '{decision.questions[name].answers[n].to}', a loop without end; "
            loc = ("questions", name, "answers", n, "to")
            yield file.problem(loc, message + "lead it to a pick or to a new question")
    for file, _, choice, at in _choices(guide):
        decision = guide.decisions.get(choice.decision or "")
        for question in decision.questions.values() if decision else ():
            for answer in question.answers:
                if answer.pick is not None and answer.pick not in choice.contenders:
                    message = f"the decision '{choice.decision}' picks '{answer.pick}', "
                    message += f"no contender of '{choice.id}'; mend one of them"
                    yield file.problem((*at, "decision"), message)


def snippets_have_their_files(guide: Guide) -> Iterator[Problem]:
    """Each description has one file of code and a test, each file of code a description."""
    known, technologies = set(guide.snippets), guide.ids("technology")
    for key, snippet in guide.snippets.items():
        file = guide.files["snippet", key]
        for n, technology in enumerate(snippet.technologies):
            yield from _unknown(file, ("technologies", n), "technology", technology, technologies)
        found = snippet_files(guide.root, key)
        if len(found) != 1:
            stem = key.replace("-", "_") if not found else f"{len(found)} files"
            message = f"wants exactly one file snippets/{key.split('/')[0]}/<stem>.<extension>; "
            yield file.problem((), message + f"found {stem if found else 'none'}")
            continue
        lines = found[0].read_text("utf-8").count("\n")
        for n, marked in enumerate(snippet.highlight):
            if not set(highlighted_lines((marked,))) <= set(range(1, lines + 1)):
                message = f"marks the lines {marked}, but the file has {lines}; mend the numbers"
                yield file.problem(("highlight", n), message)
        if not (guide.root / test_path("snippet", key)).is_file():
            yield file.problem((), f"has no test; write {test_path('snippet', key)}")
    for path in sorted((guide.root / "snippets").glob("*/*.*")):
        key = f"{path.parent.name}/{path.stem.replace('_', '-')}"
        if path.is_file() and key not in known and ("snippet", key) not in guide.files:
            shown = path.relative_to(guide.root).as_posix()
            yield Problem(shown, 1, f"is shown nowhere; describe it in data/snippets/{key}.yml")


def implementations_have_their_code(guide: Guide) -> Iterator[Problem]:
    """A contract's implementation is of a technology and has a folder of code."""
    for key in guide.implementations:
        file = guide.files["implementation", key]
        contract, technology = key.split("/")
        yield from _unknown(file, (), "contract", contract, guide.ids("contract"))
        yield from _unknown(file, (), "technology", technology, guide.ids("technology"))
        if not (guide.root / "snippets/contracts" / key).is_dir():
            yield file.problem((), f"has no code; write it in snippets/contracts/{key}/")


RULES: tuple[Rule, ...] = (
    technologies_stand_in_a_category,
    technology_references_exist,
    verdicts_are_whole,
    packages_are_locked,
    aliases_are_claimed_once,
    choices_refer_to_contenders,
    criteria_are_whole,
    cells_are_filled,
    pairs_have_their_page,
    addresses_are_claimed_once,
    decisions_lead_somewhere,
    snippets_have_their_files,
    implementations_have_their_code,
)
