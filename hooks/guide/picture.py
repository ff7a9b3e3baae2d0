"""Draws the picture of a card: words, badges and logo as shades of few colours, then a PNG.

Nothing here knows the guide. Only Pillow draws, from the site's own font and palette, and no
library of the system takes part in it: the same words give the same picture everywhere.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "docs/assets/fonts/inter.woff2"
TOKENS = ROOT / "overrides/.css/tokens.css"
DRAWN_WITH = (Path(__file__), FONT, TOKENS)
"""The files on which the looks of a picture depend."""

WIDTH, HEIGHT = 1200, 630
SHADES = 5
"""Steps from the ground to full ink; more make the file larger and no eye sees them."""

PALETTE = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]+),", TOKENS.read_text("utf-8")))
"""Colours by their names in the style sheet, as the light scheme has them."""
SEEN = [0, *[255] * 255]
"""Makes a mask of everything that is not quite nothing."""
PROOF = "#0b8a65"
"""The tick in the logo, as `header.css` has it."""
TONES = {
    "recommended": "rec",
    "alternative": "alt",
    "situational": "sit",
    "legacy": "leg",
    "avoid": "avo",
}
"""Tier → the name of its colour; `-bg` behind it is that of its ground."""

type Stroke = tuple[float, list[tuple[float, float]]]
"""How thick, and the points along it; a thickness of 0 fills what they enclose."""


def arc(start: int, end: int, step: int) -> list[tuple[float, float]]:
    """Points on the circle of the icons, clockwise from the right, in degrees."""
    turns = [math.radians(degrees) for degrees in range(start, end + 1, step)]
    return [(8 + 5.4 * math.cos(turn), 8 + 5.4 * math.sin(turn)) for turn in turns]


ICONS: dict[str, list[Stroke]] = {
    "recommended": [(2.2, [(3, 8.6), (6.3, 12), (13, 4.6)])],
    "alternative": [
        (1.6, [(2.4, 5.4), (13.4, 5.4)]),
        (1.6, [(10.6, 2.6), (13.4, 5.4), (10.6, 8.2)]),
        (1.6, [(13.6, 10.8), (2.6, 10.8)]),
        (1.6, [(5.4, 8), (2.6, 10.8), (5.4, 13.6)]),
    ],
    "situational": [(1.8, arc(0, 360, 6)), (0, arc(-90, 90, 6))],
    "legacy": [(2.2, [dot]) for dot in arc(0, 359, 45)],
    "avoid": [(2.2, [(3.8, 3.8), (12.2, 12.2)]), (2.2, [(12.2, 3.8), (3.8, 12.2)])],
}
"""Tier → its icon in `icons.svg`, in a square of 16."""
LOGO: dict[str, list[Stroke]] = {
    "ink": [
        (0, [(12, 2), (21.5, 6.9), (12, 11.8), (2.5, 6.9)]),
        (2.2, [(3.4, 12.1), (7.9, 14.5)]),
    ],
    "proof": [(2.8, [(7.2, 18.2), (11.2, 21.2), (20.8, 11.8)])],
}
"""Colour → its part of the logo in `logo.html`, in a square of 24."""


@dataclass(frozen=True, eq=False)
class Style:
    """How words look: size, weight, colour on its ground, and space between letters in ems."""

    size: int
    weight: int = 400
    colour: str = "ink"
    ground: str = "paper"
    tracking: float = 0.0

    @property
    def fine(self) -> int:
        """How much larger small words are drawn before they are reduced: hinting rounds less."""
        return 2 if self.size < 50 else 1  # noqa: PLR2004

    @property
    def leading(self) -> int:
        """From one line to the next."""
        return round(self.size * (1.1 if self.weight > 400 else 1.36))  # noqa: PLR2004


@cache
def shades() -> tuple[dict[tuple[str, str], list[int]], list[int]]:
    """(Colour, ground) → index of each shade; and the palette that these indices mean."""
    grounds = [("ink", "paper"), ("soft", "paper"), ("line", "paper"), ("proof", "paper")]
    for tone in TONES.values():
        grounds += [(f"{tone}-bg", "paper"), (tone, f"{tone}-bg")]
    names: dict[tuple[int, ...], int] = {}
    found = {}
    for colour, ground in grounds:
        ends = [ImageColor.getrgb(PALETTE.get(name, PROOF)) for name in (ground, colour)]
        mixed = [
            tuple(round(a + (b - a) * n / (SHADES - 1)) for a, b in zip(*ends, strict=True))
            for n in range(SHADES)
        ]
        found[colour, ground] = [names.setdefault(rgb, len(names)) for rgb in mixed]
    return found, [part for rgb in names for part in rgb]


@cache
def steps(colour: str, ground: str) -> bytes:
    """How dark a point of a mask is → index of the palette."""
    indices = shades()[0][colour, ground]
    return bytes(indices[round(n * (SHADES - 1) / 255)] for n in range(256))


def tinted(mask: Image.Image, colour: str, ground: str) -> Image.Image:
    """The mask as indices of the palette: its lightest parts are the colour, the others ground."""
    return Image.frombytes("L", mask.size, mask.tobytes().translate(steps(colour, ground)))


@cache
def face(size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The font at a size and weight."""
    # Pillow's other layout needs FriBiDi, which is a library of the system.
    font = ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight])
    return font


@cache
def advance(letter: str, weight: int) -> float:
    """From one letter to the next, in ems."""
    return face(1000, weight).getlength(letter) / 1000


@cache
def width(text: str, style: Style) -> float:
    """How wide a word or a line is."""
    ems = sum(advance(letter, style.weight) for letter in text) + style.tracking * len(text)
    return ems * style.size


@cache
def glyph(letter: str, size: int, weight: int) -> tuple[Image.Image, int, int]:
    """The mask of a letter, and where it lies from the start of the line, right and down."""
    font = face(size, weight)
    left, top, right, bottom = map(int, font.getbbox(letter, anchor="ls"))
    mask = Image.new("L", (max(right - left, 1), max(bottom - top, 1)))
    ImageDraw.Draw(mask).text((-left, -top), letter, fill=255, font=font, anchor="ls")
    return mask, left, top


@cache
def word(text: str, style: Style) -> Image.Image:
    """One word in its style, on its ground."""
    size = style.size * style.fine
    across, high = math.ceil(width(text, style)) + 2, round(style.size * 1.1)
    mask = Image.new("L", (across * style.fine, high * style.fine))
    draw = ImageDraw.Draw(mask)
    at, base = 0.0, round(size * 0.86)
    for letter in text:
        drawn, left, top = glyph(letter, size, style.weight)
        draw.bitmap((round(at) + left, base + top), drawn, fill=255)
        at += (advance(letter, style.weight) + style.tracking) * size
    return tinted(mask.reduce(style.fine), style.colour, style.ground)


def wrapped(text: str, style: Style, room: float) -> list[str]:
    """The text in lines that keep to the room; a word that is wider than a line is broken."""
    lines: list[str] = []
    left = 0.0
    for one in text.split():
        word, needed = one, width(one, style)
        if needed + width(" ", style) <= left:
            lines[-1] += f" {word}"
            left -= needed + width(" ", style)
            continue
        while needed > room:
            fits = next(n for n in range(len(word), 0, -1) if width(word[:n], style) <= room)
            lines.append(word[:fits])
            word = word[fits:]
            needed = width(word, style)
        lines.append(word)
        left = room - needed
    return lines


def balanced(text: str, style: Style, room: float) -> list[str]:
    """The text in as few lines as fit, and these about equally long."""
    lines = wrapped(text, style, room)
    narrower = room
    while len(lines) > 1 and narrower > room / 2:
        narrower -= style.size / 2
        tried = wrapped(text, style, narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def shortened(lines: Sequence[str], most: int, style: Style, room: float) -> list[str]:
    """At most so many lines; the last one says that more would follow."""
    if len(lines) <= most or not most:
        return list(lines[:most])
    last = lines[most - 1]
    while last and (width(f"{last}…", style) > room or not last[-1].isalnum()):
        last = last[:-1]
    return [*lines[: most - 1], f"{last}…"]


def one_line(text: str, style: Style, room: float) -> str:
    """As much of the text as one line holds."""
    return "".join(shortened(wrapped(text, style, room), 1, style, room))


class Picture:
    """A card while it is drawn: indices of the palette."""

    def __init__(self, ground: Image.Image | None = None) -> None:
        """Begin with a copy of the ground, or with paper."""
        self.image = ground.copy() if ground else Image.new("L", (WIDTH, HEIGHT), 0)

    def words(self, text: str, style: Style, x: float, y: float) -> None:
        """Put a line with its top left corner at x and y, word by word."""
        at = x
        for one in text.split():
            self.image.paste(word(one, style), (round(at), round(y)))
            at += width(f"{one} ", style)

    def lines(self, lines: Iterable[str], style: Style, x: int, y: int) -> int:
        """Put lines one below the other and give where the next would begin."""
        for line in lines:
            self.words(line, style, x, y)
            y += style.leading
        return y

    def put(self, image: Image.Image, x: int, y: int) -> int:
        """Put a piece and give where it ends on the right."""
        self.image.paste(image, (x, y))
        return x + image.width

    def logo(self, x: int, y: int, size: int) -> None:
        """Put the logo's mark with its top left corner at x and y."""
        for colour, strokes in LOGO.items():
            mask = stroked(size, 24, strokes)
            self.image.paste(tinted(mask, colour, "paper"), (x, y), mask.point(SEEN))

    def rule(self, y: int, margin: int) -> None:
        """Put a hairline from margin to margin."""
        colour = shades()[0]["line", "paper"][-1]
        self.image.paste(colour, (margin, y, WIDTH - margin, y + 2))

    def png(self) -> bytes:
        """The picture as a file."""
        self.image.putpalette(shades()[1])
        file = BytesIO()
        # Run lengths alone: all else takes up to four times as long for a third of the bytes.
        self.image.save(file, "PNG", compress_type=3)
        return file.getvalue()


def stroked(size: int, unit: int, strokes: Iterable[Stroke]) -> Image.Image:
    """A mask of strokes with round ends, in a square whose side is `unit` units."""
    scale = size * 8 / unit
    mask = Image.new("L", (size * 8, size * 8))
    draw = ImageDraw.Draw(mask)
    for thick, points in strokes:
        scaled = [(x * scale, y * scale) for x, y in points]
        if not thick:
            draw.polygon(scaled, fill=255)
            continue
        draw.line(scaled, fill=255, width=round(thick * scale))
        for point in scaled:
            draw.circle(point, thick * scale / 2, fill=255)
    return mask.reduce(8)


@cache
def badge(tier: str, size: int) -> Image.Image:
    """Icon and word of a tier on its tint."""
    tone = TONES[tier]
    tint = f"{tone}-bg"
    style = Style(size, 620, tone, tint)
    label = tier.capitalize()
    across, height = round(size * 2.6 + width(label, style)), round(size * 1.72)
    pill = Image.new("L", (across * 4, height * 4))
    ImageDraw.Draw(pill).rounded_rectangle([0, 0, across * 4 - 1, height * 4 - 1], height * 2, 255)
    image = tinted(pill.reduce(4), tint, "paper")
    mark = tinted(stroked(size, 16, ICONS[tier]), tone, tint)
    image.paste(mark, (round(size * 0.7), (height - size) // 2))
    image.paste(word(label, style), (round(size * 1.9), round(height / 2 - size * 0.5)))
    return image
