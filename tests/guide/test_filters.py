"""The list of snippets is narrowed down by what its snippets have, and by nothing else."""

from dataclasses import replace

from guide.filters import snippet_filters
from guide.whole import Guide


def test_filters_offer_what_snippets_have_by_name(sample: Guide) -> None:
    """The sample's one snippet is of stores, shows Red and needs nothing."""
    assert snippet_filters(sample) == {
        "category": {"stores": "Stores"},
        "technology": {"red": "Red"},
        "service": {"none": "none needed"},
    }


def test_services_stand_by_their_names_in_a_fixed_order(sample: Guide) -> None:
    (key,) = sample.snippets
    for services in [("valkey", "postgresql"), ("postgresql", "valkey")]:
        several = sample.snippets[key].model_copy(update={"services": services})
        guide = replace(sample, snippets={key: several})
        assert list(snippet_filters(guide)["service"].items()) == [
            ("postgresql", "PostgreSQL"),
            ("valkey", "Valkey"),
        ]
