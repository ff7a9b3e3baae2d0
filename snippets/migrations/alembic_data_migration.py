"""fill invoices.total_cents from invoices.total"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "b4c1f0a7d2e9"
down_revision = "8d0e6b53fa17"  # added total_cents, nullable; the next one sets it NOT NULL

BATCH = 5_000

# The columns as they are at this revision. A model imported here would change under it.
invoices = sa.table(
    "invoices",
    sa.column("id", sa.BigInteger),
    sa.column("total", sa.Numeric(12, 2)),
    sa.column("total_cents", sa.BigInteger),
)
row = invoices.c


def fill(empty: sa.ColumnClause[Any], value: sa.ColumnElement[Any]) -> None:
    after = 0
    with op.get_context().autocommit_block():  # each batch is committed, no row stays locked
        database = op.get_bind()
        page = sa.select(row.id).order_by(row.id).limit(BATCH)
        while ids := database.scalars(page.where(row.id > after)).all():
            database.execute(
                sa.update(invoices)
                .where(row.id.between(ids[0], ids[-1]), empty.is_(None))
                .values({empty: value})
            )
            after = ids[-1]


def upgrade() -> None:
    fill(row.total_cents, sa.func.round(row.total * 100))


def downgrade() -> None:
    fill(row.total, row.total_cents / 100)  # rows that only the new code has written
