from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, NamedTuple, TypedDict

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError


class Payment(TypedDict):
    id: int
    paid_at: AwareDatetime
    amount: Annotated[Decimal, Field(gt=0, decimal_places=2)]


class Refused(NamedTuple):
    line: int
    reasons: list[str]


class TooManyRefusedError(Exception):
    pass


payment_adapter = TypeAdapter(Payment)  # built at import, not per line


def read_payments(
    lines: Iterable[bytes], refused: list[Refused], *, most_refused: int = 100
) -> Iterator[Payment]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            payment = payment_adapter.validate_json(line)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            reasons = [f"{'.'.join(map(str, p['loc'])) or 'line'}: {p['type']}" for p in problems]
            refused.append(Refused(number, reasons))
            if len(refused) > most_refused:  # the wrong file, rather than some wrong lines
                raise TooManyRefusedError(number) from error
        else:
            yield payment
