"""contract: drop customers.fullname, once no process reads or writes it"""

import sqlalchemy as sa
from alembic import op

revision = "a3_contract"
down_revision = "a2_backfill"


def upgrade() -> None:
    op.alter_column("customers", "name", nullable=False)  # the valid check spares the scan
    op.execute("ALTER TABLE customers DROP CONSTRAINT ck_customers_name")
    op.execute("DROP TRIGGER customers_sync_name ON customers")
    op.drop_column("customers", "fullname")
    # The function stays for the way back; drop it with the next change of the table.


def downgrade() -> None:
    op.add_column("customers", sa.Column("fullname", sa.Text))
    op.execute("UPDATE customers SET fullname = name")
    op.alter_column("customers", "fullname", nullable=False)
    op.alter_column("customers", "name", nullable=True)
    op.create_check_constraint(op.f("ck_customers_name"), "customers", "name IS NOT NULL")
    op.execute("""
        CREATE TRIGGER customers_sync_name BEFORE INSERT OR UPDATE ON customers
        FOR EACH ROW EXECUTE FUNCTION customers_sync_name()
    """)
