#!/usr/bin/env bash
set -euo pipefail

# Once per project. The settings go to pyproject.toml; then bring your own env.py.
alembic init --template pyproject_async migrations
cp env.py migrations/env.py

# After each change of the models: draft, read the draft, apply.
alembic revision --autogenerate --message "create orders"
alembic upgrade head

# In CI: fails while the models and the database differ.
alembic check

# In the deployment: fails while a revision is pending.
alembic current --check-heads

alembic history --indicate-current

# For the DBA: the statements, from no connection. A downgrade names both ends.
alembic upgrade head --sql >upgrade.sql
alembic downgrade head:base --sql >downgrade.sql

# One step back, one forward.
alembic downgrade -1
alembic upgrade +1

# The tables are there already, the version table is not or is wrong.
alembic stamp --purge head
