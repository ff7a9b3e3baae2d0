"""The suite passes, runs the app's lifespan, and names each bug that is planted in the app."""

from pathlib import Path

import pytest

from tests.snippets.testing.suites import SETTINGS, Report, changed, ran_suite

PLUGIN = "anyio.pytest_plugin"
ORDER = "test_order_takes_from_the_stock"
RACE = "test_five_buyers_share_three_items"
RECEIPT = "test_receipt_is_mailed"
ZERO, NEGATIVE, WORD = (f"test_wrong_quantity_is_refused[{case}]" for case in ("0", "-1", "many"))
WHOLE = {ORDER, RACE, RECEIPT, ZERO, NEGATIVE, WORD}


@pytest.fixture
def app_file(snippet_file: Path) -> Path:
    return snippet_file.with_suffix("") / "orders.py"


def report_of(test: Path, app: Path, *, plugin: str = PLUGIN, settings: str = SETTINGS) -> Report:
    return ran_suite(test, plugins=[plugin], path=app.parent, settings=settings)


def test_suite_passes(snippet_file: Path, app_file: Path) -> None:
    report = report_of(snippet_file, app_file)
    assert report.outcomes == dict.fromkeys(WHOLE, "passed"), report.said


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        pytest.param("async with shop.lock:", "if True:", {RACE}, id="race"),
        pytest.param("if left < 0:", "if left < -2:", {RACE}, id="oversold"),
        pytest.param("ge=1", "ge=0", {ZERO}, id="limit"),
        pytest.param("order.quantity, order.sku)", "1, order.sku)", {RECEIPT}, id="receipt"),
        pytest.param("= left\n", "= 0\n", {RACE}, id="sold-out-too-early"),
        pytest.param("status_code=201", "status_code=200", {ORDER, RACE}, id="status"),
        pytest.param("0) - order", "1 // 0) - order", {ORDER, RACE, RECEIPT}, id="crash"),
    ],
)
def test_planted_bug_is_found(
    snippet_file: Path, app_file: Path, tmp_path: Path, before: str, after: str, broken: set[str]
) -> None:
    report = report_of(snippet_file, changed(app_file, tmp_path, (before, after)))
    assert report.broken == broken, report.said
    assert report.passed == WHOLE - broken


def test_state_is_new_for_each_test(snippet_file: Path, app_file: Path, tmp_path: Path) -> None:
    shared = changed(
        app_file,
        tmp_path,
        ("app = FastAPI(", 'STOCK = {"tea": 3}\napp = FastAPI('),
        ('"stock": {"tea": 3}', '"stock": STOCK'),
    )
    assert report_of(snippet_file, shared).broken == {RACE, RECEIPT}


def test_without_the_state_of_the_lifespan_the_app_breaks(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    plain = changed(snippet_file, tmp_path, ("ASGITransport(app=started)", "ASGITransport(app)"))
    report = report_of(plain, app_file)
    assert report.broken == {ORDER, RACE, RECEIPT}
    assert "'State' object has no attribute 'lock'" in report.said


def test_without_the_fixture_of_the_backend_tests_run_on_trio_too(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    both = changed(snippet_file, tmp_path, ("@pytest.fixture\ndef anyio_backend", "def unused"))
    report = report_of(both, app_file)
    assert len(report.passed) == 2 * len(WHOLE)
    assert {f"{ORDER}[asyncio]", f"{ORDER}[trio]"} <= report.passed


def test_pytest_asyncio_leaves_the_task_group_in_another_task(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    marked = changed(snippet_file, tmp_path, ("pytest.mark.anyio", "pytest.mark.asyncio"))
    settings = f"{SETTINGS}asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    report = report_of(marked, app_file, plugin="pytest_asyncio.plugin", settings=settings)
    assert report.broken == WHOLE
    assert "Attempted to exit cancel scope in a different task" in report.said


def test_exception_of_the_app_reaches_the_test(
    snippet_file: Path, app_file: Path, tmp_path: Path
) -> None:
    crashing = changed(app_file, tmp_path, ("0) - order", "1 // 0) - order"))
    assert "ZeroDivisionError" in report_of(snippet_file, crashing).said
    answered = changed(
        snippet_file, tmp_path, ("app=started)", "app=started, raise_app_exceptions=False)")
    )
    assert "assert [500, 500, 500, 500, 500] == [201" in report_of(answered, crashing).said
