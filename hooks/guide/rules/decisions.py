"""Rules for decisions: every question is reached and every way ends."""

from collections.abc import Iterator

from guide.decisions import loops, outcomes, unreachable
from guide.problems import Problem
from guide.whole import Guide

from .shared import choices, unknown

MOST_QUESTIONS = 30


def decisions_lead_somewhere(guide: Guide) -> Iterator[Problem]:
    """Every question is reached, every path ends, and every pick is a contender."""
    for key, decision in guide.decisions.items():
        file, names = guide.files["decision", key], set(decision.questions)
        yield from unknown(file, ("start",), "question", decision.start, names)
        if len(names) > MOST_QUESTIONS:
            message = f"asks {len(names)} questions; split it, {MOST_QUESTIONS} are the most"
            yield file.problem(("questions",), message)
        for name, question in decision.questions.items():
            for n, answer in enumerate(question.answers):
                at = ("questions", name, "answers", n)
                if answer.to is not None:
                    yield from unknown(file, (*at, "to"), "question", answer.to, names)
                if answer.pick is not None:
                    known = guide.ids("technology")
                    yield from unknown(file, (*at, "pick"), "technology", answer.pick, known)
                if answer.stack is not None:
                    known = guide.ids("stack")
                    yield from unknown(file, (*at, "stack"), "stack", answer.stack, known)
        for name in unreachable(decision):
            message = f"no answer leads to the question '{name}'; lead one there or delete it"
            yield file.problem(("questions", name), message)
        for name, n in loops(decision):
            message = (
                f"leads back to '{decision.questions[name].answers[n].to}', a loop without end; "
            )
            yield file.problem(
                ("questions", name, "answers", n, "to"),
                message + "lead it to a pick or to a new question",
            )


def decisions_belong_to_their_choice(guide: Guide) -> Iterator[Problem]:
    """A choice's decision picks its contenders, and no other choice of the page draws it."""
    drawn: dict[tuple[str, str], str] = {}
    for file, category, choice, place in choices(guide):
        page = (category.name, choice.decision or choice.id)
        if (first := drawn.setdefault(page, choice.id)) != choice.id:
            message = f"the decision '{choice.decision}' is drawn for '{first}' already; delete one"
            yield file.problem((*place, "decision"), message)
        leading = guide.decisions.get(choice.decision or "")
        for pick in outcomes(leading) if leading is not None else ():
            if pick not in choice.contenders:
                message = f"the decision '{choice.decision}' picks '{pick}', "
                message += f"no contender of '{choice.id}'; mend one of them"
                yield file.problem((*place, "decision"), message)
