def split(cents: int, parts: int) -> list[int]:
    share, rest = divmod(cents, parts)
    return [share + (number < rest) for number in range(parts)]


def format_cents(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def parse_cents(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.removeprefix("-").partition(".")
    return sign * (int(whole) * 100 + int(fraction))
