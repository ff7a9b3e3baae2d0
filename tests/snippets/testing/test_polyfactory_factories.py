"""Factories build what the models allow, the same again for a seed; planted bugs are found."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
from polyfactory.factories.pydantic_factory import ModelFactory
from pydantic import BaseModel, Field, ValidationError

from tests.snippets.loading import loaded
from tests.snippets.testing.suites import Report, changed, ran_suite

TENTH = "test_coupon_takes_a_tenth_of_all_lines"
MOST = "test_coupon_never_takes_more_than_a_tenth"
NUMBER = "test_orders_are_found_by_number"
JSON = "test_order_survives_the_way_through_json"
WHOLE = {TENTH, MOST, NUMBER, JSON}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "orders.py"


@pytest.fixture
def suite(
    app_file: Path, monkeypatch: pytest.MonkeyPatch, snippet_file: Path
) -> Iterator[ModuleType]:
    """Give the test file as a module, for its factories."""
    monkeypatch.syspath_prepend(str(app_file.parent))
    with loaded(snippet_file) as module:
        ModelFactory.seed_random(1)
        yield module
    del sys.modules["orders"]  # others are planted


def report_of(test: Path, app: Path, seed: str | None = None) -> Report:
    env = {} if seed is None else {"FACTORY_SEED": seed}
    return ran_suite(test, path=app.parent, env=env)


@pytest.mark.parametrize("seed", [None, "2", "3"])
def test_suite_passes_with_any_seed(snippet_file: Path, app_file: Path, seed: str | None) -> None:
    report = report_of(snippet_file, app_file, seed)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("gross // 10 if", "gross // 11 if", {TENTH}, id="discount"),
        pytest.param("gross - gross // 10 if", "gross // 1000 if", {TENTH, MOST}, id="all"),
        pytest.param("gross // 10 if", "-(-gross // 10) if", {TENTH, MOST}, id="rounded-up"),
        pytest.param("in order.lines)", "in order.lines[:1])", {TENTH}, id="first-line"),
        pytest.param("found[order.number] =", "found[0] =", {NUMBER}, id="key"),
        pytest.param("if order.number in found:", "if False:", {NUMBER}, id="twice"),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said


def test_seed_gives_the_same_orders_again(suite: ModuleType) -> None:
    def some(seed: int) -> list[BaseModel]:
        ModelFactory.seed_random(seed)
        return [order.model_copy(update={"number": 0}) for order in suite.OrderFactory.batch(5)]

    assert some(1) == some(1) != some(2)


def test_seed_of_the_environment_is_taken(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    noting = f"""def test_sku() -> None:
    os.write(int(os.environ["NOTED"]), LineFactory.build().sku.encode())


def {TENTH}"""
    test = changed(snippet_file, tmp_path, (f"def {TENTH}", noting))

    def sku(**env: str) -> str:
        with (tmp_path / "noted").open("w+b") as noted:
            report = ran_suite(
                test, path=app_file.parent, env={"NOTED": f"{noted.fileno()}", **env}
            )
            assert report.broken == set()
            noted.seek(0)
            return noted.read().decode()

    assert sku() == sku(FACTORY_SEED="1") != sku(FACTORY_SEED="2")


def test_factories_say_what_types_cannot(suite: ModuleType) -> None:
    orders = suite.OrderFactory.batch(40)
    assert {order.coupon for order in orders} == {None}
    assert {len(order.lines) for order in orders} == {3}
    assert {(order.due - order.ordered).days for order in orders} == {14}
    assert len({order.number for order in orders}) == 40
    first = orders[0].number
    assert [order.number for order in orders] == list(range(first, first + 40))


class Told(BaseModel):
    """What the page says of fields that are left alone."""

    number: int
    size: Annotated[int, Field(ge=1, le=20)]
    note: str | None = None
    tags: list[str]


def test_left_alone_is_random_none_or_one_item_and_meets_itself() -> None:
    class ToldFactory(ModelFactory[Told]): ...

    ModelFactory.seed_random(1)
    some = ToldFactory.batch(200)
    assert {one.note is None for one in some} == {True, False}
    assert {len(one.tags) for one in some} == {1}
    assert {one.size for one in some} == set(range(1, 21))
    numbers = [one.number for one in some]
    assert 0 <= min(numbers) < max(numbers) <= 9999
    assert len(set(numbers)) < 200


def test_model_refuses_its_own_factory_without_the_rule_for_due(suite: ModuleType) -> None:
    class OrderFactory(ModelFactory[suite.Order]):  # type: ignore[name-defined]
        pass

    ModelFactory.seed_random(1)
    with pytest.raises(ValidationError, match="due before it was ordered"):
        OrderFactory.batch(20)


def test_order_may_be_due_on_its_own_day(suite: ModuleType) -> None:
    day = date(2026, 11, 20)
    assert suite.OrderFactory.build(ordered=day, due=day).due == day


def test_dicts_for_nested_models_are_dropped_without_a_word(suite: ModuleType) -> None:
    wanted = [{"quantity": 2}, {"quantity": 3}]
    made = suite.OrderFactory.build(lines=wanted)
    assert [line.quantity for line in made.lines] != [2, 3]
    assert len(made.lines) == 3

    class OrderFactory(ModelFactory[suite.Order]):  # type: ignore[name-defined]
        due = suite.PostGenerated(suite.due)

    assert [line.quantity for line in OrderFactory.build(lines=wanted).lines] == [2]


def test_misspelt_field_is_ignored(suite: ModuleType) -> None:
    assert suite.OrderFactory.build(cupon="TENTH").coupon is None


def test_seed_of_a_factory_is_not_touched_by_the_fixture() -> None:
    class ToldFactory(ModelFactory[Told]):
        __random_seed__ = 3

    def size() -> int:
        ModelFactory.seed_random(1)
        return ToldFactory.build().size

    assert len({size() for _ in range(20)}) > 1
