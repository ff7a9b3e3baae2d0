import os
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from orders import Line, Order, by_number, total
from polyfactory import PostGenerated, Use
from polyfactory.factories.pydantic_factory import ModelFactory


def due(_field: str, order: dict[str, Any]) -> date:
    ordered: date = order["ordered"]
    return ordered + timedelta(days=14)


class LineFactory(ModelFactory[Line]):
    pass  # sku, quantity and cents keep the limits of the model


class OrderFactory(ModelFactory[Order]):
    number = Use(count(1).__next__)  # random ones meet: 0 to 9999
    coupon = None  # left alone, it is None in every second order
    lines = Use(LineFactory.batch, size=3)  # left alone, a list has one item
    due = PostGenerated(due)  # the model refuses dates in the wrong order


@pytest.fixture(autouse=True)
def _seed() -> None:
    ModelFactory.seed_random(int(os.environ.get("FACTORY_SEED", "1")))


def test_coupon_takes_a_tenth_of_all_lines() -> None:
    lines = [LineFactory.build(quantity=2, cents=550), LineFactory.build(quantity=1, cents=905)]
    assert total(OrderFactory.build(lines=lines)) == 2005
    assert total(OrderFactory.build(lines=lines, coupon="TENTH")) == 1805


def test_coupon_never_takes_more_than_a_tenth() -> None:
    for order in OrderFactory.batch(20, coupon="TENTH"):
        full = total(order.model_copy(update={"coupon": None}))
        assert full * 9 <= total(order) * 10 <= full * 10


def test_orders_are_found_by_number() -> None:
    orders = OrderFactory.batch(20)
    assert list(by_number(orders).values()) == orders
    with pytest.raises(ValueError, match=f"^order {orders[0].number} twice$"):
        by_number([*orders, orders[0]])


def test_order_survives_the_way_through_json() -> None:
    for order in OrderFactory.batch(20):
        assert Order.model_validate_json(order.model_dump_json()) == order
