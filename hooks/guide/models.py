"""What may stand in the files under `data/`, kind by kind.

Every model is frozen and strict: an unknown key or a value of another type is a problem,
never a guess. The docstring of a field is its documentation, here, in the data reference
of the site and, through the generated JSON Schema, in an editor.
"""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from .text import Address, Id, Line, Prose, Reference, Url

Tier = Literal["recommended", "alternative", "situational", "legacy", "avoid"]
Confidence = Literal["high", "medium", "low"]
EvidenceKind = Literal["probe", "benchmark", "metadata", "package", "source", "judgement"]
MetadataField = Literal[
    "version",
    "released",
    "age",
    "requires_python",
    "licence",
    "typed",
    "wheels",
    "requires",
    "size",
]
ServiceName = Literal[
    "postgresql", "valkey", "rabbitmq", "kafka", "nats", "mariadb", "memcached", "mongodb"
]
SERVICES: dict[ServiceName, str] = {
    "postgresql": "PostgreSQL",
    "valkey": "Valkey",
    "rabbitmq": "RabbitMQ",
    "kafka": "Kafka",
    "nats": "NATS",
    "mariadb": "MariaDB",
    "memcached": "Memcached",
    "mongodb": "MongoDB",
}
"""The services that a snippet may need, with their names as readers see them."""


class Model(BaseModel):
    """What all data models share: frozen, strict, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True
    )


class Thing(Model):
    """What a whole file describes. Its id is the file's stem."""

    id: Id | None = None
    """May be left out; where it is given, it is the file's stem."""


class Source(Model):
    """A page that somebody read."""

    title: Line
    """The page's own title."""
    url: Url
    """Its address."""
    read: Line
    """Which copy was read and of which date: `live, 2026-11-20`, `stored copy of 2026-08`."""


class PackageText(Model):
    """A text that stands in a file of a locked distribution; a test looks it up."""

    distribution: Line
    """The distribution's name as it is locked."""
    file: Line
    """The file's path inside the installed distribution: `django/db/transaction.py`."""
    text: Line
    """What stands there, to the letter but for white space."""


class Evidence(Model):
    """Where a value comes from: exactly one of these keys."""

    probe: Reference | None = None
    """`<category>/<id>` of a test under `tests/probes/` whose outcome is the value."""
    benchmark: Reference | None = None
    """`<category>/<id>` of a measurement under `tests/benchmarks/` whose figure is the value."""
    metadata: MetadataField | None = None
    """A field of `data/packages.json` for the technology's package."""
    package: PackageText | None = None
    """A text found in a locked distribution."""
    source: Source | None = None
    """A page that somebody read."""
    judgement: Prose | None = None
    """A person's opinion: one sentence that says why."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if len(self.model_fields_set) != 1:
            message = "holds {} kinds of evidence; give exactly one of probe, benchmark, metadata, "
            message += "package, source, judgement"
            raise ValueError(message.format(len(self.model_fields_set)))
        return self

    @property
    def kind(self) -> EvidenceKind:
        """Which kind of evidence this is."""
        (name,) = self.model_fields_set
        return name  # type: ignore[return-value]  # the fields are named like the kinds


class Cell(Model):
    """A contender's value for a criterion, with its evidence."""

    value: Line | None = None
    """What the table shows. Left out where a run or the package metadata supplies it."""
    evidence: Evidence
    """Where the value comes from."""

    @model_validator(mode="after")
    def _value_is_typed_or_computed(self) -> Self:
        computed = self.evidence.kind in {"probe", "benchmark", "metadata"}
        if computed and self.value is not None:
            message = f"has a value of its own; delete it, the {self.evidence.kind} supplies it"
            raise ValueError(message)
        if not computed and self.value is None:
            message = f"has no value; say what the {self.evidence.kind} shows"
            raise ValueError(message)
        return self


class Verdict(Model):
    """What we say of a technology, why, how sure we are, and until when."""

    tier: Tier
    """recommended, alternative, situational, legacy or avoid."""
    for_: Annotated[Line, Field(alias="for")]
    """Whom or what the verdict is for: the situation in which it holds."""
    because: Prose
    """The reason, in one or two sentences."""
    confidence: Confidence
    """How sure we are: high, medium or low."""
    decided: dt.date
    """The day of the decision."""
    review_by: dt.date
    """The day on which the decision is due for another look."""
    would_change_if: Prose
    """What would have to become true for the verdict to change."""
    instead: tuple[Id, ...] = ()
    """For legacy and avoid: what to use instead."""
    move: Prose | None = None
    """For legacy and avoid: how to get there, in a few sentences."""


class HistoryLine(Model):
    """One verdict of the past, or the present one, which is the last line."""

    date: dt.date | Annotated[int, Field(ge=2000, le=2100)]
    """The day on which the verdict was given; the year alone where nobody knows the day."""
    tier: Tier
    """The verdict."""
    because: Prose
    """Why it was given, or why it changed."""

    @property
    def earliest(self) -> dt.date:
        """The first day that `date` can mean."""
        return self.date if isinstance(self.date, dt.date) else dt.date(self.date, 1, 1)


class Links(Model):
    """Where the project lives."""

    home: Url
    docs: Url | None = None
    source: Url | None = None
    changelog: Url | None = None


class Technology(Thing):
    """Anything one can choose, in `data/technologies/<category>/<id>.yml`."""

    name: Line
    """The name as its project spells it."""
    kind: Literal["library", "service", "tool", "standard", "platform", "concept"]
    """What it is. A concept is explained, not ranked."""
    package: Line | None = None
    """Its name on the Python package index; it must be locked."""
    install: tuple[Line, ...] = ()
    """What to install, as `uv add` takes it: `fastapi[standard]`. Left out: the package."""
    works_with: tuple[Id, ...] = ()
    """For a companion: the technologies that it extends."""
    aliases: tuple[Line, ...] = ()
    """What people type when they look for it."""
    summary: Line
    """What it is, in one sentence."""
    verdict: Verdict | None = None
    """What we say of it; concepts have none."""
    best_for: Line
    """Where it is at its best, in a few words."""
    about: tuple[Prose, ...] = ()
    """Paragraphs that explain it; every concept has some."""
    pros: tuple[Prose, ...] = ()
    """What speaks for it. Only a concept may do without."""
    cons: tuple[Prose, ...] = ()
    """What speaks against it. Only a concept may do without."""
    use_when: tuple[Prose, ...] = ()
    """Situations in which to take it. Only a concept may do without."""
    avoid_when: tuple[Prose, ...] = ()
    """Situations in which not to take it. Only a concept may do without."""
    links: Links
    sources: tuple[Source, ...] = ()
    """Pages behind the prose of this entry."""
    cells: dict[Id, dict[Id, Cell]] = {}
    """Choice → criterion → cell."""
    history: tuple[HistoryLine, ...] = ()
    """All verdicts, oldest first; the last one is the present one."""

    @model_validator(mode="after")
    def _verdict_belongs_to_kind(self) -> Self:
        if (self.verdict is None) != (self.kind == "concept"):
            message = "must have a verdict unless its kind is concept; add or delete `verdict`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _says_what_its_kind_must(self) -> Self:
        wanted = ["pros", "cons", "use_when", "avoid_when"]
        if self.kind == "concept":
            wanted = ["about"]
        if missing := [name for name in wanted if not getattr(self, name)]:
            message = f"says nothing under {', '.join(missing)}; write it"
            raise ValueError(message)
        return self


class Criterion(Model):
    """One row of a choice's comparison table."""

    id: Id
    name: Line
    """What the row's heading says."""
    group: Line = "Facts"
    """Rows of one group stand together under this heading."""
    help: Prose | None = None
    """What is compared and how it was found out, for the reader who doubts it."""
    accepts: Annotated[tuple[EvidenceKind, ...], Field(min_length=1)]
    """The kinds of evidence a cell may have. Facts do not accept judgement."""
    outcomes: dict[Id, Line] = {}
    """For a probe: the words it may report, and what the table shows for each."""
    good: tuple[Id, ...] = ()
    """Of the outcomes, those a reader hopes for; they get a tick."""
    unit: Line | None = None
    """For a benchmark: what stands behind the figure: `×`, `MB`."""
    better: Literal["lower", "higher"] | None = None
    """For a benchmark: which figure is the better one."""
    field: Literal["best_for"] | None = None
    """Shows this field of the technology instead of a cell; it counts as judgement."""
    applies_to: tuple[Id, ...] | None = None
    """The contenders that have a cell here. Left out: all."""
    to_execute: Prose | None = None
    """How a test would observe what the cells can only quote so far; the proof page lists it."""


class CriterionUse(Model):
    """A row that another choice owns: its criterion and its cells."""

    use: Reference
    """`<choice>/<criterion>`."""


def _row_kind(row: object) -> str:
    borrowed = isinstance(row, CriterionUse) or (isinstance(row, dict) and "use" in row)
    return "borrowed" if borrowed else "own"


Row = Annotated[
    Annotated[Criterion, Tag("own")] | Annotated[CriterionUse, Tag("borrowed")],
    Discriminator(_row_kind),
]
"""A row of a choice: its own criterion, or another choice's."""


class Pick(Model):
    """The verdict for one use case in a choice."""

    use_case: Line
    pick: Id
    because: Prose


class Table(Model):
    """A comparison table; its id is its anchor on the page."""

    id: Id
    title: Line
    criteria: Literal["all"] | Annotated[tuple[Id, ...], Field(min_length=1)] = "all"
    """The rows, in order; `all` takes every criterion of the choice."""
    contenders: tuple[Id, ...] | None = None
    """The columns, in order. Left out: all contenders."""


class Choice(Model):
    """One question whose contenders really exclude each other."""

    id: Id
    question: Line
    """In the reader's words."""
    aliases: tuple[Line, ...] = ()
    """What people type who have this question: `hash passwords`, `background jobs`."""
    answer: Line
    """The answer in one sentence."""
    contenders: Annotated[tuple[Id, ...], Field(min_length=2)]
    picks: Annotated[tuple[Pick, ...], Field(min_length=1)]
    """One per use case, the usual case first."""
    criteria: Annotated[tuple[Row, ...], Field(min_length=1)]
    tables: Annotated[tuple[Table, ...], Field(min_length=1)]
    decision: Id | None = None
    """The decision that leads to a pick."""
    versus: tuple[tuple[Id, Id], ...] = ()
    """The pairs that people search; each has a file in `data/versus/`."""


class Mistake(Model):
    """What goes wrong in this field again and again."""

    mistake: Line
    instead: Prose


class Reading(Model):
    """What to read next: a page of this site or of another."""

    to: Address | None = None
    """A page of this site: `technologies/redis`, `decisions/task-queue`."""
    title: Line | None = None
    """The title of a page elsewhere."""
    url: Url | None = None
    """The address of a page elsewhere."""
    because: Line
    """What one finds there."""

    @model_validator(mode="after")
    def _is_here_or_elsewhere(self) -> Self:
        if (self.to is None) == (self.url is None) or (self.url is None) != (self.title is None):
            message = "must lead to one page; give `to`, or `title` and `url`"
            raise ValueError(message)
        return self


class Category(Thing):
    """A field, in `data/categories/<id>.yml`."""

    name: Line
    aliases: tuple[Line, ...] = ()
    """What people type when they look for the field."""
    summary: Line
    choices: Annotated[tuple[Choice, ...], Field(min_length=1)]
    companions: tuple[Id, ...] = ()
    """Technologies that belong here and compete with nothing."""
    mistakes: tuple[Mistake, ...] = ()
    read_next: tuple[Reading, ...] = ()
    """Where a reader goes from here."""


class Answer(Model):
    """An answer to a question: it leads to a technology, to a stack or to the next question."""

    answer: Line
    pick: Id | None = None
    """The technology that this answer leads to."""
    stack: Id | None = None
    """The stack that this answer leads to."""
    to: Id | None = None
    """The next question."""
    because: Prose | None = None
    """Why this pick; every pick has one."""
    flips_if: Prose | None = None
    """What would change the pick."""

    @model_validator(mode="after")
    def _leads_to_one_place(self) -> Self:
        if sum(place is not None for place in (self.pick, self.stack, self.to)) != 1:
            message = "must lead to exactly one place; give `pick`, `stack` or `to`"
            raise ValueError(message)
        if self.to is None and (self.because is None or self.flips_if is None):
            message = "picks without saying why; add `because` and `flips_if`"
            raise ValueError(message)
        return self

    @property
    def outcome(self) -> str | None:
        """The page that this answer leads to, `technologies/<id>` or `stacks/<id>`; None: none."""
        if self.pick is not None:
            return f"technologies/{self.pick}"
        return f"stacks/{self.stack}" if self.stack is not None else None


class Question(Model):
    """A question that someone who has never heard the names can answer."""

    ask: Line
    help: Prose | None = None
    """How to find out."""
    answers: Annotated[tuple[Answer, ...], Field(min_length=2)]


class Decision(Thing):
    """Questions and answers that lead to picks, in `data/decisions/<id>.yml`."""

    title: Line
    start: Id
    """The first question."""
    questions: dict[Id, Question]


class Versus(Thing):
    """Two contenders side by side, in `data/versus/<a>-vs-<b>.yml`, ids in alphabetical order."""

    answer: Line
    """The verdict in one sentence."""
    verdicts: Annotated[tuple[Pick, ...], Field(min_length=2)]
    """Which of the two for which use case."""
    switching: Prose
    """What it costs to go from one to the other later."""


class Snippet(Thing):
    """A file that readers copy, in `data/snippets/<category>/<id>.yml`.

    The code is `snippets/<category>/<id with _ for ->.<extension>`; a folder of that name
    holds further files where one is not enough.
    """

    title: Line
    aliases: tuple[Line, ...] = ()
    """What people type who need this code."""
    when: Line
    """When to use it."""
    same_job: Line | None = None
    """What other snippets with the same words do too: tabs lead from one to the next."""
    technologies: Annotated[tuple[Id, ...], Field(min_length=1)]
    """The first is the one that a tab names."""
    services: tuple[ServiceName, ...] = ()
    """What must be running."""
    waits_for: Line | None = None
    """What its test needs that few machines have, as in `a MongoDB server`; said until it ran."""
    install: tuple[Line, ...] = ()
    """What must be installed, as `uv add` takes it."""
    highlight: tuple[
        Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?$")], ...
    ] = ()
    """The lines that matter: `12` or `12-14`."""
    goes_wrong: Prose
    """What goes wrong without it, or with it."""


class Contract(Thing):
    """One small service specified by black-box tests, in `data/contracts/<id>.yml`."""

    title: Line
    summary: Prose


class Advice(Model):
    """Where a project says how it wants to be served."""

    title: Line
    url: Url
    says: Line


class Implementation(Thing):
    """A contract in one technology, in `data/contracts/<contract>/<technology>.yml`.

    The code is in `snippets/contracts/<contract>/<technology>/`.
    """

    install: Annotated[tuple[Line, ...], Field(min_length=1)]
    """What a reader installs, as `uv add` takes it."""
    prepare: tuple[Line, ...]
    """The command that makes the tables, run in the implementation's folder."""
    serve: Annotated[tuple[Line, ...], Field(min_length=1)]
    """The command that serves it; `{port}` stands for a free port."""
    app: Line
    """`module:attribute` of the application."""
    interface: Literal["ASGI", "WSGI", "own"]
    server: Line
    """The distribution that serves it."""
    concurrency: Line
    """Processes, threads, event loop: what is shown beside every figure."""
    advice: Advice
    """Whose advice that is."""


class Synonyms(Thing):
    """What means the same to whoever searches, in `data/search/<id>.yml`."""

    groups: tuple[Annotated[tuple[Line, ...], Field(min_length=2)], ...]
    """Words and phrases; where one of a group is typed, the single words of the group find too."""
