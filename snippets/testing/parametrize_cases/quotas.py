import re
from dataclasses import dataclass

UNITS = {"B": 1, "kB": 1_000, "MB": 1_000**2, "GB": 1_000**3}
LARGEST = 500 * UNITS["GB"]
RIGHTS = {"viewer": {"read"}, "editor": {"read", "write"}, "owner": {"read", "write", "close"}}


def parse_size(text: str) -> int:
    found = re.fullmatch(r"([0-9]+) (\w+)", text)
    if found is None:
        message = f"no size: {text!r}"
        raise ValueError(message)
    number, unit = found.groups()
    if unit not in UNITS:
        message = f"no unit: {unit!r}"
        raise ValueError(message)
    if (size := int(number) * UNITS[unit]) > LARGEST:
        message = f"more than {LARGEST} B: {text!r}"
        raise ValueError(message)
    return size


@dataclass
class Account:
    role: str
    suspended: bool = False

    def may(self, action: str) -> bool:
        return action in RIGHTS[self.role] and (action == "read" or not self.suspended)
