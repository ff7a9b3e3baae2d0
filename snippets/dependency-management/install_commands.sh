# A new service: pyproject.toml, src/orders, .python-version, and Git.
uv init --package orders
cd orders

# What it needs, what its tests need; each line writes pyproject.toml and uv.lock and installs.
uv add "fastapi>=0.160" "psycopg[binary]>=3.3"
uv add --group test "pytest>=9"

# In CI and images: exactly the lock, or an error if it does not fit pyproject.toml.
uv sync --locked
uv run --locked orders

# An update is a commit of its own: one package, or all of them within their ranges.
uv lock --upgrade-package fastapi
uv lock --upgrade

# For a machine without uv: the lock with the hash of each file, for plain pip.
uv export --locked --no-default-groups --no-emit-project --output-file requirements.txt
python -m venv /srv/orders/.venv
/srv/orders/.venv/bin/python -m pip install --require-hashes --only-binary :all: \
  --requirement requirements.txt
/srv/orders/.venv/bin/python -m pip install --no-deps .
