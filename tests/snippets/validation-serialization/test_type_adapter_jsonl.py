"""Good lines are read one by one, bad ones are kept by number, and a wrong file is an end."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

GOOD = b'{"id": 7, "paid_at": "2026-11-21T08:30:00Z", "amount": "9.50"}\n'


def read(snippet: ModuleType, *lines: bytes, **options: Any) -> tuple[list[Any], list[Any]]:
    refused: list[Any] = []
    return list(snippet.read_payments(lines, refused, **options)), refused


def changed(**change: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), **change}).encode()


def test_payment_is_read_into_its_types(snippet: ModuleType) -> None:
    (payment,), refused = read(snippet, GOOD)
    assert payment == {
        "id": 7,
        "paid_at": datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        "amount": Decimal("9.50"),
    }
    assert refused == []


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        (b"{", ["line: json_invalid"]),
        (b"[]", ["line: dict_type"]),
        (b'\xff{"id": 1}', ["line: json_invalid"]),
        (changed(id="seven"), ["id: int_parsing"]),
        (changed(paid_at="2026-11-21T08:30:00"), ["paid_at: timezone_aware"]),
        (changed(amount="0"), ["amount: greater_than"]),
        (changed(amount="9.505"), ["amount: decimal_max_places"]),
        (b"{}", ["id: missing", "paid_at: missing", "amount: missing"]),
    ],
)
def test_bad_line_is_kept_by_number_and_the_next_is_read(
    snippet: ModuleType, line: bytes, reasons: list[str]
) -> None:
    payments, refused = read(snippet, GOOD, b"  \n", line, GOOD)
    assert len(payments) == 2
    assert refused == [(3, reasons)]
    assert (refused[0].line, refused[0].reasons) == (3, reasons)


def test_wrong_file_ends_the_reading(snippet: ModuleType) -> None:
    with pytest.raises(snippet.TooManyRefusedError, match=r"^102$"):
        read(snippet, GOOD, *[b"<html>"] * 150)
    payments, refused = read(snippet, *[b"<html>"] * 100, GOOD)
    assert (len(payments), len(refused)) == (1, 100)
    with pytest.raises(snippet.TooManyRefusedError, match=r"^1$"):
        read(snippet, b"<html>", GOOD, most_refused=0)
    with pytest.raises(TypeError):
        snippet.read_payments([], [], 0)  # a bare number says nothing


def test_lines_are_read_as_they_are_asked_for(snippet: ModuleType) -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield GOOD

    payments = snippet.read_payments(lines(), [])
    assert taken == 0
    next(payments)
    next(payments)
    assert taken == 2


def test_file_is_read_in_constant_memory(snippet: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "payments.jsonl"
    path.write_bytes(GOOD * 20_000)
    tracemalloc.start()
    try:
        with path.open("rb") as lines:
            total = sum(payment["amount"] for payment in snippet.read_payments(lines, []))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == Decimal(190_000)
    assert peak < path.stat().st_size / 4


def test_amount_is_exact_as_a_string_and_has_been_a_float_as_a_number(snippet: ModuleType) -> None:
    exact = b"12345678901234567.89"
    (payment,), _ = read(snippet, GOOD.replace(b"9.50", exact))
    assert payment["amount"] == Decimal("12345678901234567.89")
    (payment,), _ = read(snippet, GOOD.replace(b'"9.50"', exact))
    assert payment["amount"] == Decimal(12345678901234568)
