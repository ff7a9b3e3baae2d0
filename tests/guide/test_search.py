"""Everything that one may look for is an entry, with the names that it goes by."""

import json
from dataclasses import replace

from guide.search import KINDS, entries, search_file
from guide.whole import Guide


def test_each_thing_is_an_entry_once(sample: Guide) -> None:
    found = entries(sample)
    assert len({entry.address for entry in found}) == len(found)
    counts = {kind: sum(entry.kind == kind for entry in found) for kind in KINDS}
    ranked = [one for one in sample.technologies.values() if one.verdict]
    assert counts["Technology"] == len(ranked)
    assert counts["Concept"] == len(sample.technologies) - len(ranked)
    assert counts["Category"] == len(sample.categories)
    assert counts["Choice"] == sum(len(one.choices) for one in sample.categories.values())
    assert counts["Comparison"] == len(sample.versus)
    assert counts["Decision"] == len(sample.decisions)
    assert counts["Stack"] == len(sample.stacks)
    assert counts["Snippet"] == len(sample.snippets) + len(sample.contracts)
    assert counts["Question"] == len(sample.answered)
    assert counts["Lesson"] == len(sample.lessons)
    assert counts["Section"] == sum(len(one.sections) for one in sample.lessons.values())


def test_technology_is_found_by_name_alias_and_package_and_shows_its_verdict(sample: Guide) -> None:
    red = sample.technologies["red"].model_copy(update={"package": "reddish"})
    guide = replace(sample, technologies={**sample.technologies, "red": red})
    (entry,) = [entry for entry in entries(guide) if entry.address == "technologies/red"]
    assert entry.title == "Red"
    assert entry.tier == "recommended"
    assert entry.where == "Stores"
    assert entry.aliases == ("red db", "reddish")


def test_package_that_several_share_is_nobodys_other_name(sample: Guide) -> None:
    shared = {
        key: sample.technologies[key].model_copy(update={"package": "colours"})
        for key in ("red", "blue")
    }
    guide = replace(sample, technologies={**sample.technologies, **shared})
    assert not [entry for entry in entries(guide) if "colours" in entry.aliases]


def test_file_holds_plain_text_and_leaves_empty_ends_out(sample: Guide) -> None:
    category = sample.categories["stores"].model_copy(
        update={"name": "Stores of `bytes` <b>", "aliases": ("disks",)}
    )
    text = search_file(replace(sample, categories={"stores": category}))
    assert text == search_file(replace(sample, categories={"stores": category}))
    file = json.loads(text)
    assert file["kinds"] == list(KINDS)
    (row,) = [row for row in file["rows"] if row[1] == "categories/stores/"]
    assert row[0] == "Stores of bytes <b>"
    assert row[2] == KINDS.index("Category")
    assert row[5] == ["disks"]
    assert all(row[-1] for row in file["rows"] if len(row) > 3)


def test_guidance_is_found_by_what_people_type(sample: Guide) -> None:
    """Stacks, lessons, their sections and questions have aliases as everything else."""
    asked = ("how people ask",)
    update = {"aliases": asked}
    lesson = sample.lessons["mistakes"]
    sections = tuple(one.model_copy(update=update) for one in lesson.sections)
    guide = replace(
        sample,
        stacks={key: one.model_copy(update=update) for key, one in sample.stacks.items()},
        lessons={"mistakes": lesson.model_copy(update={**update, "sections": sections})},
        answered={key: one.model_copy(update=update) for key, one in sample.answered.items()},
    )
    kinds = {entry.kind for entry in entries(guide) if entry.aliases == asked}
    assert kinds == {"Stack", "Lesson", "Section", "Question"}


def test_file_says_which_words_mean_the_same(sample: Guide) -> None:
    file = json.loads(search_file(sample))
    assert file["alike"] == [["lasting", "durable", "survives a restart"]]


def test_word_of_an_address_that_the_title_lacks_finds_it(sample: Guide) -> None:
    (key,) = sample.snippets
    snippet = sample.snippets[key].model_copy(update={"title": "Something else"})
    guide = replace(sample, snippets={"stores/keyset-pages": snippet})
    rows = json.loads(search_file(guide))["rows"]
    (row,) = [row for row in rows if row[0] == "Something else"]
    assert row[7].endswith("keyset pages")
