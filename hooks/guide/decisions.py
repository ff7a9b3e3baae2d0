"""A decision as a graph: what is reached, what never ends, and its Mermaid source."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .models import Answer, Decision


def unreachable(decision: Decision) -> list[str]:
    """The questions that no way from the start leads to, in the order of the file."""
    reached, open_ = {decision.start}, [decision.start]
    while open_:
        question = decision.questions.get(open_.pop())
        for answer in question.answers if question else ():
            if answer.to is not None and answer.to not in reached:
                reached.add(answer.to)
                open_.append(answer.to)
    return [name for name in decision.questions if name not in reached]


def loops(decision: Decision) -> list[tuple[str, int]]:
    """The answers (question, position) that lead back to a question on their own way."""
    found: list[tuple[str, int]] = []
    done: set[str] = set()
    # An explicit stack: a generated decision may be deeper than Python recurses.
    stack: list[tuple[str, int]] = [(name, 0) for name in reversed(decision.questions)]
    way: list[str] = []
    while stack:
        name, n = stack.pop()
        if n == 0:
            if name in done:
                continue
            way.append(name)
        answers = decision.questions[name].answers if name in decision.questions else ()
        if n == len(answers):
            done.add(name)
            way.pop()
            continue
        stack.append((name, n + 1))
        target = answers[n].to
        if target in way:
            found.append((name, n))
        elif target is not None and target not in done:
            stack.append((target, 0))
    return found


@dataclass(frozen=True)
class Branch:
    """A question as a flowchart draws it, with its answers and what they lead to.

    A question that two answers lead to is drawn once; `again` marks the places that point to it.
    """

    name: str
    again: bool
    answers: tuple[tuple[Answer, "Branch | None"], ...] = ()


def drawn(decision: Decision) -> Branch:
    """The decision as a tree: outcomes first, then the answers that lead on, short ways first."""
    return _branch(decision, decision.start, set())


def _branch(decision: Decision, name: str, seen: set[str]) -> Branch:
    if name in seen:
        return Branch(name, again=True)
    seen.add(name)
    ordered = sorted(decision.questions[name].answers, key=lambda a: _depth(decision, a.to))
    return Branch(
        name,
        again=False,
        answers=tuple((a, _branch(decision, a.to, seen) if a.to else None) for a in ordered),
    )


def _depth(decision: Decision, question: str | None) -> int:
    if question is None:
        return 0
    return 1 + max(_depth(decision, answer.to) for answer in decision.questions[question].answers)


def outcomes(decision: Decision) -> list[str]:
    """The technologies that the decision can lead to, each once, in the order of the file."""
    picks = (
        answer.pick
        for question in decision.questions.values()
        for answer in question.answers
        if answer.pick is not None
    )
    return list(dict.fromkeys(picks))


def mermaid(decision: Decision, name_of: Callable[[str], str]) -> str:
    """The decision as the source of a Mermaid flowchart; `name_of` names what an address shows."""
    lines = ["flowchart TD"]
    for name, question in decision.questions.items():
        lines.append(f'  q-{name}["{_label(question.ask)}"]')
        lines.extend(_edges(decision, name, name_of))
    return "\n".join(lines) + "\n"


def _edges(decision: Decision, name: str, name_of: Callable[[str], str]) -> Iterator[str]:
    for n, answer in enumerate(decision.questions[name].answers):
        if answer.outcome is None:
            yield f'  q-{name} -->|"{_label(answer.answer)}"| q-{answer.to}'
        else:
            node = f'o-{name}-{n}("{_label(name_of(answer.outcome))}")'
            yield f'  q-{name} -->|"{_label(answer.answer)}"| {node}'


def _label(text: str) -> str:
    """The text as it may stand between Mermaid's quotation marks: entities for what it reads."""
    escaped = text.replace("#", "#35;").replace("&", "#38;").replace('"', "#quot;")
    return escaped.replace("<", "#lt;").replace(">", "#gt;").replace("`", "#96;")
