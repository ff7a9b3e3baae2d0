"""The pictures that other sites show beside a link: what they say, and that all of it is there."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from guide import cards as drawing
from guide.cards import MARGIN, Card, cards, drawn, shown_cards
from guide.made import Made
from guide.models import Tier
from guide.packages import day
from guide.picture import (
    ICONS,
    PALETTE,
    TONES,
    Style,
    badge,
    balanced,
    glyph,
    shortened,
    stroked,
    width,
    wrapped,
)
from guide.whole import Guide
from tests.guide.conftest import Tree
from tests.repository import repository_guide

FOOT = "Data of 20 Nov 2026"
STYLE = Style(40)
ROOM = 400.0
LONGEST = "Any of " + 190 * "W"
"""As long as a line of data may be, most of it a word that fits no line."""


@pytest.fixture(scope="module")
def real() -> Guide:
    """The repository's guide."""
    return repository_guide()


def drawn_cards(guide: Guide, folder: Path) -> dict[str, bytes]:
    """Address → picture of every card, kept in the folder."""
    return dict(Made(cards(guide, folder)))


def opened(picture: bytes) -> Image.Image:
    """The picture in colours."""
    return Image.open(BytesIO(picture)).convert("RGB")


def is_paper(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Nothing is drawn in the box."""
    paper = Image.new("RGB", (1, 1), PALETTE["paper"]).getpixel((0, 0))
    return image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), paper)]


def crowded(tier: Tier) -> Iterator[Card]:
    """Cards with as much on them as data may hold."""
    one, two = (("", tier),), ((LONGEST[:40], tier), ("Another that is long", tier))
    for title in ("x", LONGEST, "Many words that go on and on until no line is left " * 3):
        yield Card("x/", f"Library · {LONGEST}", title, LONGEST, one, LONGEST)
        yield Card("x/", "Comparison", title, "Many words of one sentence " * 7, two)


def faults(card: Card) -> list[str]:
    """What of a card leaves the place that it has."""
    image = opened(drawn(card, FOOT))
    found = [] if image.size == (1200, 630) else ["size"]
    empty = {
        "left": (0, 0, MARGIN - 6, 630),
        "right": (1200 - MARGIN + 2, 0, 1200, 630),
        "above the logo": (0, 0, 1200, 48),
        "below the logo": (0, 122, 1200, 138),
        "above the foot": (0, 538, 1200, 545),
        "below the foot": (0, 604, 1200, 630),
    }
    return found + [place for place, box in empty.items() if not is_paper(image, box)]


@pytest.mark.parametrize("tier", get_args(Tier))
def test_nothing_leaves_its_place_however_much_there_is(tier: Tier) -> None:
    assert [(card, found) for card in crowded(tier) if (found := faults(card))] == []


def test_every_page_of_a_thing_has_a_card_and_the_start_page_one_for_the_rest(
    sample: Guide,
) -> None:
    kinds = {page.rsplit("/", 2)[0] for page in shown_cards(sample)}
    assert kinds == {
        "",
        "categories",
        "technologies",
        "compare",
        "decisions",
        "stacks",
        "learn",
        "snippets/stores",
        "snippets/contracts",
    }


def test_each_card_is_a_small_picture_at_its_own_address(sample: Guide, tmp_path: Path) -> None:
    made = drawn_cards(sample, tmp_path)
    assert sorted(made) == sorted(card.address for card in shown_cards(sample).values())
    assert {"cards/home.png", "cards/technologies/red.png"} <= made.keys()
    for address, picture in made.items():
        assert Image.open(BytesIO(picture)).format == "PNG", address
        assert len(picture) < 40_000, address


def test_same_words_give_the_same_bytes(sample: Guide, tmp_path: Path) -> None:
    before = drawn_cards(sample, tmp_path / "one")
    for kept in (drawing._ground, glyph, badge, width):
        kept.cache_clear()
    assert drawn_cards(sample, tmp_path / "two") == before


def test_next_build_draws_only_cards_whose_words_have_changed(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn_cards(tree.guide(), tmp_path)
    drawn_again: list[str] = []

    def draw(card: Card, _foot: str) -> bytes:
        drawn_again.append(card.address)
        return b"new"

    monkeypatch.setattr(drawing, "drawn", draw)
    assert drawn_cards(tree.guide(), tmp_path) == before
    assert drawn_again == []
    tree.change("data/versus/blue-vs-red.yml", "answer: ", "answer: By the way, ")
    changed = "cards/compare/blue-vs-red.png"
    assert drawn_cards(tree.guide(), tmp_path) == before | {changed: b"new"}
    assert drawn_again == [changed]


def test_cards_are_drawn_anew_once_the_hand_that_draws_has_changed(
    sample: Guide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_cards(sample, tmp_path / "kept")
    other = tmp_path / "tokens.css"
    other.write_text("", "utf-8")
    monkeypatch.setattr(drawing, "DRAWN_WITH", (other,))
    monkeypatch.setattr(drawing, "drawn", lambda _card, _foot: b"new")
    assert set(drawn_cards(sample, tmp_path / "kept").values()) == {b"new"}


def test_foot_says_of_which_day_the_data_is(tree: Tree, tmp_path: Path) -> None:
    before = drawn_cards(tree.guide(), tmp_path)
    tree.change("data/packages.json", "2026-11-20", "2026-11-21")
    after = drawn_cards(tree.guide(), tmp_path)
    assert all(after[address] != picture for address, picture in before.items())


def test_card_of_a_technology_names_its_verdict(sample: Guide) -> None:
    card = shown_cards(sample)["technologies/red/"]
    verdict = sample.technologies["red"].verdict
    assert verdict is not None
    assert card.tiers == (("", verdict.tier),)
    assert card.alt.startswith(f"Red. {verdict.tier.capitalize()}: {verdict.for_}")
    assert "`" not in "".join(card.alt for card in shown_cards(sample).values())


def test_card_of_what_to_avoid_names_what_to_use_instead(real: Guide) -> None:
    shown = shown_cards(real)
    for key, one in real.technologies.items():
        if one.verdict and one.verdict.instead:
            name = real.technologies[one.verdict.instead[0]].name
            assert shown[f"technologies/{key}/"].for_.startswith(f"Use {name}"), key


def test_card_of_a_decision_names_what_it_leads_to(sample: Guide) -> None:
    text = shown_cards(sample)["decisions/store/"].text
    assert text.startswith(f"{len(sample.decisions['store'].questions)} questions to reach ")
    assert " or " in text
    assert "Blue" in text


def test_card_of_a_pair_names_both_verdicts(sample: Guide) -> None:
    card = shown_cards(sample)["compare/blue-vs-red/"]
    assert [name for name, _ in card.tiers] == ["Blue", "Red"]
    assert card.title == "Blue or Red?"
    assert all(f"{name} {tier}" in card.alt for name, tier in card.tiers)


def test_tiers_differ_without_their_colours() -> None:
    """Every tier has a colour, an icon and a word; no two share one."""
    assert list(ICONS) == list(TONES) == list(get_args(Tier))
    shapes = {stroked(32, 16, strokes).tobytes() for strokes in ICONS.values()}
    assert len(shapes) == len(set(TONES.values())) == len(TONES)
    assert all(badge(tier, 32).width > width(tier.capitalize(), Style(32, 620)) for tier in TONES)


def test_words_that_fit_stand_on_one_line() -> None:
    assert wrapped("Red or Blue", STYLE, ROOM) == ["Red or Blue"]
    assert wrapped("", STYLE, ROOM) == []


def test_lines_keep_to_the_room_and_lose_nothing() -> None:
    text = "A store that keeps its state in a file, and Donaudampfschifffahrtsgesellschaftskapitän"
    for lines in (wrapped(text, STYLE, ROOM), balanced(text, STYLE, ROOM)):
        assert max(width(line, STYLE) for line in lines) <= ROOM
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_balanced_lines_are_as_few_and_more_alike() -> None:
    text = "Installing from a lock that another tool wrote, and"
    plain, even = wrapped(text, STYLE, 640.0), balanced(text, STYLE, 640.0)
    assert len(plain) == len(even) == 2
    assert width(even[1], STYLE) > width(plain[1], STYLE)


def test_shortened_text_says_that_more_follows() -> None:
    lines = wrapped("One two, three four five six seven eight nine", STYLE, 200.0)
    cut = shortened(lines, 2, STYLE, 200.0)
    assert len(cut) == 2
    assert cut[1].endswith("…")
    assert width(cut[1], STYLE) <= 200
    assert shortened(lines, len(lines), STYLE, 200.0) == lines
    assert shortened(["----", "more"], 1, STYLE, 200.0) == ["…"]
    assert shortened(lines, 0, STYLE, 200.0) == []


def test_font_has_every_character_that_cards_show(real: Guide) -> None:
    """A missing one shows as the font's empty box. Add it to inter.woff2, see its README."""
    empty = glyph("\U0010fffd", 64, 400)[0].tobytes()
    texts = [
        text
        for card in shown_cards(real).values()
        for text in (card.kind, card.title, card.for_, card.text, *(name for name, _ in card.tiers))
    ]
    shown = sorted({*"".join(texts), *day(real.packages.as_of), *drawing.PROMISE, "…"} - {" "})
    assert [one for one in shown if glyph(one, 64, 400)[0].tobytes() == empty] == []


def test_no_title_of_the_guide_is_cut_short(real: Guide) -> None:
    for card in shown_cards(real).values():
        _, title = drawing._title(card.title, 400)
        assert not title[-1].endswith("…"), card.title


def test_fullest_cards_of_the_guide_keep_to_their_place(real: Guide) -> None:
    by_length = sorted(shown_cards(real).values(), key=lambda card: len(card.alt))
    assert [card.page for card in by_length[-40:] if faults(card)] == []
