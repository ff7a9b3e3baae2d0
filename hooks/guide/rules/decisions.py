"""Rules for decisions: every question is reached and every way ends."""

from collections.abc import Iterator

from guide.decisions import loops, outcomes, unreachable
from guide.problems import Problem
from guide.whole import Guide

from .shared import choices, unknown


def decisions_lead_somewhere(guide: Guide) -> Iterator[Problem]:
    """Every question is reached, every path ends, and every pick is a contender."""
    for key, decision in guide.decisions.items():
        file, names = guide.files["decision", key], set(decision.questions)
        yield from unknown(file, ("start",), "question", decision.start, names)
        for name, question in decision.questions.items():
            for n, answer in enumerate(question.answers):
                at = ("questions", name, "answers", n)
                if answer.to is not None:
                    yield from unknown(file, (*at, "to"), "question", answer.to, names)
                if answer.pick is not None:
                    known = guide.ids("technology")
                    yield from unknown(file, (*at, "pick"), "technology", answer.pick, known)
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
    for file, _, choice, place in choices(guide):
        leading = guide.decisions.get(choice.decision or "")
        for pick in outcomes(leading) if leading is not None else ():
            if pick not in choice.contenders:
                message = f"the decision '{choice.decision}' picks '{pick}', "
                message += f"no contender of '{choice.id}'; mend one of them"
                yield file.problem((*place, "decision"), message)
