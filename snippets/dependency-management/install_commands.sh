# A new service: pyproject.toml, src/orders, .python-version, and a Git repository.
uv init --package orders
cd orders

# What it needs, and what its developers need: each writes pyproject.toml and uv.lock and installs.
uv add "fastapi>=0.160" "psycopg[binary]>=3.3"
uv add --dev "pytest>=9"

# In CI and in images: exactly the lock, or an error if it does not fit pyproject.toml.
uv sync --locked
uv run --locked orders

# An update is a commit of its own: one package, or all within their ranges.
uv lock --upgrade-package fastapi
uv lock --upgrade

# For a machine that has only pip: a wheel of the service, and the lock with the hash of each file.
uv build --wheel
uv export --locked --no-dev --no-emit-project --output-file requirements.txt
python -m venv /srv/orders/.venv
/srv/orders/.venv/bin/python -m pip install --require-hashes --requirement requirements.txt
/srv/orders/.venv/bin/python -m pip install --no-deps dist/orders-0.1.0-py3-none-any.whl
