"""With a Docker engine the suite starts PostgreSQL; without one its fixtures meet another server."""

import sys
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer

from tests.services.docker import engine_answers
from tests.snippets.testing.suites import changed, ran_suite

ONE, TWO = (f"test_each_test_has_a_database_of_its_own[{name}]" for name in ("first", "second"))
CHECK = "test_server_checks_the_constraint"


def test_suite_passes_in_a_container(snippet_file: Path) -> None:
    if not engine_answers():
        pytest.skip("no Docker engine")
    assert ran_suite(snippet_file).passed == {ONE, TWO, CHECK}
