"""Whatever stands in a data file, the loader answers: with problems or with a guide."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guide.load import KINDS, load_guide
from guide.problems import DataError, Problem
from tests.guide.conftest import SAMPLE

FILES = {
    "category": "data/categories/stores.yml",
    "technology": "data/technologies/stores/red.yml",
    "decision": "data/decisions/store.yml",
    "versus": "data/versus/blue-vs-red.yml",
    "stack": "data/stacks/keeper.yml",
    "lesson": "data/learn/mistakes.yml",
    "answered": "data/learn/faq/red-or-blue.yml",
    "snippet": "data/snippets/stores/keep-state.yml",
    "contract": "data/contracts/pings.yml",
    "implementation": "data/contracts/pings/red.yml",
}
KEYS = sorted(
    {key for _, model in KINDS.values() for key in model.model_fields}
    | {"for", "pick", "to", "answers", "probe", "evidence", "value", "use", "criteria", "tier"}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.text(max_size=30),
    st.sampled_from(["red", "blue", "green", "store", "https://x.example", "recommended", "all"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    ),
    max_leaves=20,
)
STEPS = st.integers(min_value=0, max_value=30)


def answers(path: str, text: str | bytes) -> None:
    """Load the sample with one file replaced; every answer has an address and a cure."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        shutil.copytree(SAMPLE, root)
        (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            problems: tuple[Problem, ...] = ()
            load_guide(root)
        except DataError as error:
            problems = error.problems or (Problem("", 0, "no problem is named"),)
        for problem in problems:
            assert problem.line >= 1, problem
            assert "\n" not in problem.message


def spoiled(value: object, way: list[int], put: object) -> object:
    """The value with the part that `way` leads to replaced by `put`."""
    if not way or not isinstance(value, dict | list) or not value:
        return put
    first, *rest = way
    if isinstance(value, dict):
        key = sorted(value, key=str)[first % len(value)]
        return {**value, key: spoiled(value[key], rest, put)}
    position = first % len(value)
    return [*value[:position], spoiled(value[position], rest, put), *value[position + 1 :]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(FILES)), way=st.lists(STEPS, max_size=7), put=VALUES)
def test_sample_with_one_part_replaced_is_answered(kind: str, way: list[int], put: object) -> None:
    """A good file with anything at all in one place: the mistakes that people make."""
    path = FILES[kind]
    value = yaml.safe_load((SAMPLE / path).read_text("utf-8"))
    answers(path, yaml.safe_dump(spoiled(value, way, put), allow_unicode=True))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(FILES)), document=VALUES)
def test_any_document_is_answered(kind: str, document: object) -> None:
    """A file that holds something else entirely."""
    answers(FILES[kind], yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(FILES)), raw=st.binary(max_size=200))
def test_any_bytes_are_answered(kind: str, raw: bytes) -> None:
    """A file that is no YAML, no text, or half of either."""
    answers(FILES[kind], raw)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(FILES)), at=st.integers(0, 5000), put=st.text(max_size=8))
def test_file_with_a_slip_of_the_hand_is_answered(kind: str, at: int, put: str) -> None:
    """A good file with a few characters overwritten in the middle."""
    text = (SAMPLE / FILES[kind]).read_text("utf-8")
    at %= len(text)
    answers(FILES[kind], (text[:at] + put + text[at + len(put) :]).encode("utf-8", "surrogatepass"))
