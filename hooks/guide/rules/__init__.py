"""What must hold between the files: each rule yields what breaks it.

A rule that needs another file to be valid looks at what could be loaded, so that one broken
file is reported once and not again by everything that refers to it.
"""

from guide.problems import Problem
from guide.whole import Guide

from . import addresses, cells, choices, code, decisions, search, stacks, technologies
from .shared import Rule

RULES: tuple[Rule, ...] = (
    technologies.technologies_stand_in_a_category,
    technologies.technology_references_exist,
    technologies.verdicts_are_whole,
    technologies.packages_are_locked,
    technologies.aliases_are_claimed_once,
    choices.choices_refer_to_contenders,
    choices.criteria_are_whole,
    choices.pairs_have_their_page,
    choices.addresses_are_claimed_once,
    choices.categories_have_their_page,
    cells.cells_are_filled,
    decisions.decisions_lead_somewhere,
    decisions.decisions_belong_to_their_choice,
    stacks.stacks_are_whole,
    addresses.links_lead_to_pages,
    addresses.lessons_have_their_own_place,
    code.code_is_plain_text,
    code.snippets_have_their_files,
    code.jobs_are_done_by_several,
    code.implementations_have_their_code,
    search.words_stand_in_one_group,
)


def broken_rules(guide: Guide) -> list[Problem]:
    """Everything in the guide that breaks a rule."""
    return [problem for rule in RULES for problem in rule(guide)]
