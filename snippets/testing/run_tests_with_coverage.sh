#!/usr/bin/env bash
set -euo pipefail

# While you work: what failed last time first, and stop at the first failure.
pytest --failed-first --exitfirst

# Before a push, on all cores: the lines and branches that no test reached.
pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered

# In CI: a limit, reports for other tools, the ten slowest tests.
pytest -n auto --cov --cov-report=xml --cov-fail-under=80 --junitxml=junit.xml --durations=10

# Which tests ran a line: the HTML report names them beside it.
pytest --cov --cov-context=test --cov-report=
coverage html --show-contexts --directory htmlcov

# Suites that run apart, in two jobs say: combine their data, then judge once.
coverage erase
coverage run --data-file=.coverage.unit -m pytest tests/unit
coverage run --data-file=.coverage.integration -m pytest tests/integration
coverage combine
coverage report --fail-under=80
