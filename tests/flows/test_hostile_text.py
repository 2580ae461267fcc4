"""Hostile names, labels and reasons in a real browser: the page, the report and Data Docs show them, and nothing runs or breaks out.

Skipped where chromium or Playwright is not installed: `apt-get install chromium` and `pip install -e ".[browser]"`.
"""

import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

from semtel_ops.quality import AllowedLabels, assess
from semtel_ops.quality.docs import publish_docs
from semtel_ops.quality.gx import Validator
from semtel_ops.settings import QualityConfig
from semtel_ops.store.layout import Lake
from semtel_ops.testing.evidence import make_evidence
from semtel_ops.testing.landed import make_landed_rows
from tests.support.browser import CHROMIUM
from tests.support.hostile import HOSTILE, write_hostile_place
from tests.support.ledger_year import LAST_WEEK, run_of

pytest.importorskip("playwright.sync_api", reason='no Playwright; pip install -e ".[browser]"', exc_type=ImportError)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; apt-get install chromium"),
]

VIEWS = (
    "week",
    "runs",
    "quality",
    "quarantine",
    "batch",
    "classifiers",
    "models",
    f"run?week={LAST_WEEK}&run_id={run_of(LAST_WEEK)}",
)


@pytest.fixture(scope="module")
def window(chromium):
    """One window for all pages, which records what they must not do."""
    context = chromium.new_context()
    page = context.new_page()
    page.wrong = []
    page.home = None
    page.on("dialog", lambda dialog: (page.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on(
        "request",
        lambda asked: page.wrong.append(f"asked {asked.url}") if not asked.url.startswith((page.home, "about:blank")) else None,
    )
    page.on(
        "framenavigated",
        lambda frame: (
            page.wrong.append(f"went to {frame.url}") if not frame.url.startswith((page.home, "about:blank")) else None
        ),
    )
    page.on("popup", lambda _popup: page.wrong.append("popup"))
    yield page
    context.close()


def assert_harmless(window):
    assert window.wrong == []
    for frame in window.frames:
        assert frame.evaluate("typeof hacked") == "undefined"
    assert (
        window.locator("iframe, object, embed, base, form[action], a[href^='javascript' i], a[href*='evil.example']").count()
        == 0
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory, project_root):
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile_place(folder, project_root / "include/prompts")
    return folder


@pytest.fixture(scope="module")
def served(place):
    """The page of somebody who may see everything, on a port of 127.0.0.1."""
    import uvicorn
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.utils.db import initdb

    initdb()
    init_auth_manager()
    from semtel_airflow.page.app import app

    environment = pytest.MonkeyPatch()
    environment.setenv("DATABASE_URL", f"sqlite:///{place}/ledger.db")
    environment.setenv("SEMTEL_LAKE", str(place / "lake"))
    app.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(username=HOSTILE, role="admin")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    app.dependency_overrides.clear()
    environment.undo()


def go(window, url):
    """Show a page anew, even where only the part after # differs; until the view is drawn with all that it fetches."""
    window.goto("about:blank")
    window.goto(url)
    window.locator("main[data-view]:not([aria-busy])").wait_for()
    window.wait_for_function("[...document.images].every(image => image.complete)")


def test_the_page_shows_hostile_text_as_text_in_every_view(served, window):
    window.home = served
    shown = ""
    for view in VIEWS:
        go(window, f"{served}/page#/{view}")
        assert_harmless(window)
        scripts = window.locator("script")
        assert all(script.get_attribute("src") for script in scripts.all()), view
        shown += window.locator("body").inner_text()
    assert shown.count("<script>hacked=1</script>") >= 3, "it is shown, and as it is"


def test_no_address_of_the_page_runs_anything(served, window):
    window.home = served
    parts = (f"/week?week={HOSTILE}", f"/runs?week={LAST_WEEK}&run_id={HOSTILE}", f"/{HOSTILE}", HOSTILE, "//evil.example/x")
    for part in parts:
        go(window, f"{served}/page#{part}")
        assert_harmless(window)


def test_a_report_that_escapes_nothing_runs_nothing_and_asks_nobody(served, window):
    """What a mistake in a report would cost: nothing, behind the headers that it is served with."""
    window.home = served
    window.goto(f"{served}/report?" + urlencode({"week": LAST_WEEK, "run_id": run_of(LAST_WEEK)}))
    assert window.locator("#shown").text_content() == "A week"
    assert window.locator("img, base, script").count() >= 3, "the attack is there"
    window.wait_for_load_state("load")
    assert window.wrong == []
    assert window.evaluate("typeof hacked") == "undefined"
    assert window.url.startswith(f"{served}/report")


def test_data_docs_show_hostile_text_and_run_nothing(tmp_path, window):
    labels = {"topic": {"money": 1, HOSTILE: 1}, HOSTILE: {"a": 1}}
    rows = make_landed_rows(conversations=30, labels=labels, success=1)
    for row in rows[:20]:
        row["label"] = row["conversation_id"] = HOSTILE + row["conversation_id"]
    allowed = tuple(AllowedLabels(name, (next(iter(known)), HOSTILE)) for name, known in labels.items())
    (tmp_path / "made").mkdir()
    suites = Validator("manual", str(tmp_path / "made"))
    assess(make_evidence(Lake(str(tmp_path / "lake")), rows, allowed), QualityConfig(), suites)
    suites.build_docs()
    first = publish_docs(tmp_path / "made", str(tmp_path / "docs"))
    window.home = f"file://{tmp_path}/docs"
    pages = [Path(first), *(tmp_path / "docs" / "validations").rglob("*.html")]
    for page in pages:
        window.goto(page.as_uri())
        assert_harmless(window)
        assert window.locator("img, script").count() == 0
    assert len(pages) == 5
