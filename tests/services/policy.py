"""Which services must not be missing, and when a run has to have used them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.registry import known

# Options that leave tests out, so that a required service may rightly go unused.
NARROWING = (
    "keyword",
    "markexpr",
    "deselect",
    "ignore",
    "ignore_glob",
    "lf",
    "stepwise",
    "collectonly",
    "setuponly",
    "setupplan",
    "setupshow",
)


@dataclass(frozen=True)
class Policy:
    """What this run demands.

    `required` are the services that must not be missing. They are demanded when `CI` is true or
    with `--require-services`; a test that asks for one which is missing is then an error. `used`
    says that, on top, at least one test must have run against each: so it is with
    `--require-services`, and in CI when the whole suite was asked for (no path, no `-k`, `-m`
    or other option that leaves tests out).
    """

    required: frozenset[str] = frozenset()
    used: bool = False


def policy_of(config: pytest.Config, environment: dict[str, str]) -> Policy:
    """Give the demands of a run; `pytest.UsageError` if pyproject.toml names unknown services."""
    asked = bool(config.getoption("require_services"))
    in_ci = environment.get("CI", "").lower() in {"1", "true", "yes"}
    if not (asked or in_ci):
        return Policy()
    required = required_in_ci(config.rootpath / "pyproject.toml")
    return Policy(required, used=not config.option.collectonly and (asked or is_whole(config)))


def required_in_ci(pyproject: Path) -> frozenset[str]:
    """Give `required-in-ci` of `[tool.stackproof.services]`; empty without file or table."""
    if not pyproject.exists():
        return frozenset()
    tool = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {})
    names = tool.get("stackproof", {}).get("services", {}).get("required-in-ci", [])
    for name in names:
        try:
            known(name)
        except ValueError as error:
            message = f"{pyproject.name}: [tool.stackproof.services] required-in-ci: {error}"
            raise pytest.UsageError(message) from error
    return frozenset(names)


def is_whole(config: pytest.Config) -> bool:
    """Tell whether the run takes every test: nothing narrows it and it starts at the root."""
    if any(getattr(config.option, option, None) for option in NARROWING):
        return False
    source = config.args_source
    if source is pytest.Config.ArgsSource.INVOCATION_DIR:
        return config.invocation_params.dir == config.rootpath
    return source is pytest.Config.ArgsSource.TESTPATHS


def unused(policy: Policy, tests_run: dict[str, int]) -> list[str]:
    """Give the required services against which a test should have run and none did."""
    return sorted(name for name in policy.required if policy.used and not tests_run.get(name))
