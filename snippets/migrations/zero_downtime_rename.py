"""expand: customers.name beside customers.fullname, kept equal by a trigger"""

import sqlalchemy as sa
from alembic import op

revision = "a1_expand"
down_revision = "a0_customers"

SYNC = """
    CREATE FUNCTION customers_sync_name() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.name := coalesce(NEW.name, NEW.fullname);
            NEW.fullname := NEW.name;
        ELSIF NEW.name IS DISTINCT FROM OLD.name THEN
            NEW.fullname := NEW.name;  -- new code wrote
        ELSE
            NEW.name := NEW.fullname;  -- old code wrote, or the backfill touched the row
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    op.add_column("customers", sa.Column("name", sa.Text))  # nullable: no scan, no rewrite
    op.execute(SYNC)
    op.execute("""
        CREATE TRIGGER customers_sync_name BEFORE INSERT OR UPDATE ON customers
        FOR EACH ROW EXECUTE FUNCTION customers_sync_name()
    """)
    op.execute("""
        ALTER TABLE customers
        ADD CONSTRAINT ck_customers_name CHECK (name IS NOT NULL) NOT VALID
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER customers_sync_name ON customers")
    op.drop_column("customers", "name")  # takes its check along
    op.execute("DROP FUNCTION customers_sync_name")
