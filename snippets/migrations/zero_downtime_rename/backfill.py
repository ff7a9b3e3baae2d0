"""backfill: the trigger copies fullname to name, a batch at a time"""

import sqlalchemy as sa
from alembic import op

revision = "a2_backfill"
down_revision = "a1_expand"

BATCH = sa.text("""
    UPDATE customers SET fullname = fullname
    WHERE id IN (SELECT id FROM customers WHERE name IS NULL LIMIT 5000)
""")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        while op.get_bind().execute(BATCH).rowcount:
            pass
        # Reads the whole table, but lets others write meanwhile.
        op.execute("ALTER TABLE customers VALIDATE CONSTRAINT ck_customers_name")


def downgrade() -> None:
    pass  # what was copied does no harm
