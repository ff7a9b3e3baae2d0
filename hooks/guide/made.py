"""Files that are made when they are asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
