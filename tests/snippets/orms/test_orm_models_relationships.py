"""The database itself refuses wrong rows by named constraints and deletes lines with an order."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.snippets.loading import snippet_path

FILLED = """
    INSERT INTO customers (email) VALUES ('ada@example.com'), ('bob@example.com');
    INSERT INTO orders (customer_id, reference, status) VALUES (1, 'A-1', 'open');
    INSERT INTO order_lines (order_id, sku, quantity) VALUES (1, 'tea', 2), (1, 'bread', 1);
"""


@pytest.fixture
def engine(snippet: ModuleType, postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_url)
    snippet.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(FILLED)
    yield engine
    engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def refused(engine: Engine, statement: str) -> str:
    """Give the name of the constraint that refuses the statement."""
    with pytest.raises(DBAPIError) as error, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert isinstance(error.value.orig, psycopg.Error)
    return error.value.orig.diag.constraint_name or str(error.value.orig)


def test_database_refuses_wrong_rows_by_named_constraints(engine: Engine) -> None:
    orders, lines = "INSERT INTO orders (customer_id, reference, status) VALUES", "order_lines"
    assert refused(engine, f"{orders} (1, 'A-1', 'open')") == "uq_orders_customer_id_reference"
    assert refused(engine, f"{orders} (9, 'A-2', 'open')") == "fk_orders_customer_id"
    assert refused(engine, f"{orders} (1, 'A-2', 'PAID')") == "ck_orders_orderstatus"
    assert refused(engine, f"UPDATE {lines} SET quantity = 0") == "ck_order_lines_quantity"
    assert refused(engine, f"UPDATE {lines} SET order_id = 9") == "fk_order_lines_order_id"
    assert refused(engine, "UPDATE customers SET email = 'x'") == "uq_customers_email"
    given_id = "INSERT INTO customers (id, email) VALUES (7, 'x')"
    assert "GENERATED ALWAYS" in refused(engine, given_id)
    for statement in (f"UPDATE {lines} SET sku = NULL", "UPDATE orders SET status = NULL"):
        assert "not-null constraint" in refused(engine, statement)
    with engine.begin() as connection:  # the same reference for another customer is no conflict
        connection.exec_driver_sql(f"{orders} (2, 'A-1', 'paid')")


def test_columns_have_the_types_that_last(engine: Engine) -> None:
    kinds = inspect(engine)
    for table in ("customers", "orders", "order_lines"):
        columns = {column["name"]: column["type"] for column in kinds.get_columns(table)}
        for name, kind in columns.items():
            assert str(kind) != "TIMESTAMP" or getattr(kind, "timezone") is True, name  # noqa: B009
            assert name not in {"id", "customer_id", "order_id"} or str(kind) == "BIGINT", name
        assert str(columns["created_at"]) == str(columns["updated_at"]) == "TIMESTAMP"
    (status,) = (column for column in kinds.get_columns("orders") if column["name"] == "status")
    assert str(status["type"]) == "VARCHAR(20)"
    indexed = [index["column_names"] for index in kinds.get_indexes("order_lines")]
    assert indexed == [["order_id"]]


def test_order_is_saved_with_its_lines_and_read_back_as_enum(
    snippet: ModuleType, engine: Engine
) -> None:
    with Session(engine) as session:
        bob = session.get(snippet.Customer, 2)
        lines = [snippet.OrderLine(sku="tea", quantity=2)]
        order = snippet.Order(customer=bob, reference="B-1", lines=lines)
        session.add(order)
        session.commit()
        assert order.status is snippet.OrderStatus.OPEN
        assert order.lines[0].order is order
        order.status = snippet.OrderStatus.PAID
        session.commit()
    assert rows(engine, "SELECT customer_id, status FROM orders WHERE id = 2") == [(2, "paid")]
    assert rows(engine, "SELECT order_id, sku FROM order_lines WHERE id = 3") == [(2, "tea")]


def test_line_that_leaves_its_order_is_deleted(snippet: ModuleType, engine: Engine) -> None:
    with Session(engine) as session:
        order = session.get_one(snippet.Order, 1)
        order.lines.remove(next(line for line in order.lines if line.sku == "tea"))
        session.commit()
    assert rows(engine, "SELECT sku FROM order_lines") == [("bread",)]


def words_of_delete(module: ModuleType, engine: Engine) -> list[str]:
    """Give the first words of the statements that delete an order."""
    sent: list[str] = []
    with Session(engine) as session:
        order = session.get(module.Order, 1)
        event.listen(engine, "after_cursor_execute", lambda *seen: sent.append(seen[2]))
        session.delete(order)
        session.commit()
    return [statement.split()[0] for statement in sent]


def test_deleting_an_order_is_one_statement_and_takes_its_lines(
    snippet: ModuleType, engine: Engine
) -> None:
    assert words_of_delete(snippet, engine) == ["DELETE"]
    assert rows(engine, "SELECT * FROM order_lines") == []


def test_customer_with_orders_cannot_be_deleted(engine: Engine) -> None:
    assert refused(engine, "DELETE FROM customers WHERE id = 1") == "fk_orders_customer_id"
    with engine.begin() as connection:
        assert connection.exec_driver_sql("DELETE FROM customers WHERE id = 2").rowcount == 1


def test_update_brings_updated_at_back(snippet: ModuleType, engine: Engine) -> None:
    before = datetime.now(UTC)
    with Session(engine, expire_on_commit=False) as session:
        customer = snippet.Customer(email="cy@example.com")
        session.add(customer)
        session.commit()
        created = customer.created_at
        assert before <= created <= datetime.now(UTC)
        assert customer.updated_at == created
        customer.email = "cyd@example.com"
        session.commit()
        assert "updated_at" in customer.__dict__  # nothing left to load, so async code may read it
        assert customer.updated_at > created == customer.created_at


def without(request: pytest.FixtureRequest, text: str) -> ModuleType:
    """Give the snippet without one text."""
    source = snippet_path(request.path).read_text("utf-8")
    assert source.count(text) == 1
    module = ModuleType("without")
    exec(source.replace(text, ""), module.__dict__)
    return module


def test_enum_is_stored_by_its_name_without_values_callable(
    request: pytest.FixtureRequest,
) -> None:
    assert without(request, ", values_callable=list").STATUS.enums == ["OPEN", "PAID"]


def test_lines_are_loaded_to_be_deleted_without_passive_deletes(
    request: pytest.FixtureRequest, engine: Engine
) -> None:
    loading = without(request, ", passive_deletes=True")
    assert words_of_delete(loading, engine) == ["SELECT", "DELETE", "DELETE"]
    assert rows(engine, "SELECT * FROM order_lines") == []


def test_index_cannot_be_created_if_the_convention_leaves_indexes_out(
    request: pytest.FixtureRequest, snippet: ModuleType, engine: Engine
) -> None:
    nameless = without(request, '    "ix": "ix_%(table_name)s_%(column_0_N_name)s",\n')
    snippet.Base.metadata.drop_all(engine)
    with pytest.raises(AssertionError):
        nameless.Base.metadata.create_all(engine)
