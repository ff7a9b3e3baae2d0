"""What the guide promised to cover is there."""

import yaml

from tests.proof.record import ROOT
from tests.repository import repository_guide

GUIDE = repository_guide()
INVENTORY = yaml.safe_load((ROOT / "tests/data/inventory.yaml").read_text("utf-8"))


def test_every_technology_of_the_inventory_has_its_entry() -> None:
    """In the category that the inventory names."""
    for category, keys in INVENTORY["technologies"].items():
        missing = [key for key in keys if GUIDE.category_of.get(key) != category]
        assert missing == []


def test_every_comparison_table_of_the_inventory_is_there() -> None:
    """With its id, which is its anchor."""
    for category, keys in INVENTORY["tables"].items():
        tables = {t.id for choice in GUIDE.categories[category].choices for t in choice.tables}
        assert set(keys) <= tables


def test_every_decision_of_the_inventory_is_there() -> None:
    """As data, so as a flowchart."""
    assert set(INVENTORY["decisions"]) <= set(GUIDE.decisions)


def test_every_snippet_of_the_inventory_is_there() -> None:
    """Each with its file and its test, which the loader checks."""
    for category, keys in INVENTORY["snippets"].items():
        assert {f"{category}/{key}" for key in keys} <= set(GUIDE.snippets)


def test_every_contract_is_implemented_by_all_its_contenders() -> None:
    """The same service, once in each technology."""
    for contract, keys in INVENTORY["contracts"].items():
        assert {f"{contract}/{key}" for key in keys} <= set(GUIDE.implementations)
