"""Files that are made when they are asked for, and kept while they would be made the same."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import override


@dataclass(frozen=True)
class Made[T: str | bytes](Mapping[str, T]):
    """Address → text or bytes of a file, made at each look: `make serve` shows few of them."""

    makers: Mapping[str, Callable[[], T]]

    @override
    def __getitem__(self, address: str) -> T:
        return self.makers[address]()

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    @override
    def __len__(self) -> int:
        return len(self.makers)


def kept(file: Path, of: str, make: Callable[[], bytes]) -> bytes:
    """What `make` makes `of` the words given, from the file if it was made of the same before.

    The file begins with a digest of both. One that is missing or damaged is made again; one that
    cannot be written is done without.
    """
    with suppress(OSError):
        found = file.read_bytes()
        if found.startswith(_digest(of, content := found[hashlib.sha256().digest_size :])):
            return content
    content = make()
    passing = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        passing.write_bytes(_digest(of, content) + content)
        passing.replace(file)
    return content


def _digest(of: str, content: bytes) -> bytes:
    return hashlib.sha256(of.encode() + b"\0" + content).digest()
