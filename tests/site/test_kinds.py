"""No kind of page is left out of the tests that look at one page of each."""

from guide.render import TEMPLATES
from guide.views import VIEWS
from tests.site.kinds import KINDS, addresses, kind_of, sources, views_shown


def test_every_page_is_of_a_listed_kind() -> None:
    assert [source for source in sources() if kind_of(source) is None] == []


def test_every_listed_kind_has_a_page() -> None:
    assert [kind for kind in KINDS if not addresses(kind)] == []


def test_every_view_is_on_a_page_of_a_listed_kind() -> None:
    assert sorted(set(VIEWS) - views_shown()) == []


def test_every_template_of_a_page_is_a_view() -> None:
    templates = {path.name for path in TEMPLATES.glob("*.md.j2")}
    assert templates == {view.template for view in VIEWS.values()}
