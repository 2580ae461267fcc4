"""Hostile names, labels and reasons in a real browser: the page, the report and Data Docs show them, and nothing runs or breaks out.

Skipped where chromium or Playwright is not installed: `apt-get install chromium` and `pip install -e ".[browser]"`.
"""

import json
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import String, Text, update

from semtel_ops.quality import AllowedLabels, assess
from semtel_ops.quality.docs import publish_docs
from semtel_ops.quality.gx import Validator
from semtel_ops.settings import QualityConfig
from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import metadata
from semtel_ops.testing.evidence import make_evidence
from semtel_ops.testing.landed import make_landed_rows
from tests.support.ledger_year import LAST_WEEK, run_of, write_year

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
sync_api = pytest.importorskip("playwright.sync_api", reason='no Playwright; pip install -e ".[browser]"', exc_type=ImportError)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; apt-get install chromium"),
]

HOSTILE = (
    "\"'><script>hacked=1</script><img src=x onerror=hacked=1><svg/onload=hacked=1><iframe srcdoc='<script>parent.hacked=1</script>'>"
    "<a href=javascript:hacked=1>press</a><meta http-equiv=refresh content='0;url=https://evil.example'><base href=https://evil.example>"
    "<style>*{display:none}</style></script></td></table></svg>]]>{{7*7}}${7*7}=cmd|' /C calc'!A0 \u202egnp.exe\u202c ../../../etc/passwd"
)
VIEWS = ("week", "runs", "quality", "quarantine", "batch", "classifiers", f"run?week={LAST_WEEK}&run_id={run_of(LAST_WEEK)}")
MEANT = {"state", "kind", "severity", "level", "lane", "body", "verdict", "dialect", "week", "run_id"}
"""Columns of closed words and of JSON."""


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        # Everything runs as root in a container of its own: chromium's sandbox would not start there.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium):
    """A window that records what a page must not do."""
    context = chromium.new_context()
    page = context.new_page()
    page.wrong = []
    page.home = None
    page.on("dialog", lambda dialog: (page.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: page.wrong.append(f"asked {asked.url}") if not asked.url.startswith(page.home) else None)
    page.on(
        "framenavigated",
        lambda frame: page.wrong.append(f"went to {frame.url}") if not frame.url.startswith(page.home) else None,
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
    """A year whose every free text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        write_year(ledger, weeks=3, prompts=project_root / "include/prompts")
        with ledger.write() as connection:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, (String, Text)) and not column.primary_key and column.name not in MEANT:
                        connection.execute(update(table).where(column.is_not(None)).values({column.name: HOSTILE}))
            shares = metadata.tables["weekly_share"]
            connection.execute(update(shares).where(shares.c.classifier == "topic").values(label=shares.c.label + HOSTILE))
    lake = Lake(str(folder / "lake"))
    run = lake.run(LAST_WEEK, run_of(LAST_WEEK))
    quarantine = Path(run.quarantine("extract"))
    quarantine.parent.mkdir(parents=True)
    quarantine.write_text(json.dumps({"place": HOSTILE, "reason": HOSTILE, "detail": HOSTILE}) + "\n", encoding="utf-8")
    moved = {"at": 10.0, "endpoint": HOSTILE, "what": "concurrency", "old": 8, "new": 16, "reason": HOSTILE, "count": 1}
    write_json(run.limits(0), {"changes": [moved], "endpoints": []})
    return folder


@pytest.fixture
def served(place, monkeypatch):
    """The page of somebody who may see everything, on a port of 127.0.0.1."""
    import uvicorn
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.utils.db import initdb

    initdb()
    init_auth_manager()
    from semtel_airflow.page.app import app

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", str(place / "lake"))
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


def test_the_page_shows_hostile_text_as_text_in_every_view(served, window):
    window.home = served
    shown = ""
    for view in VIEWS:
        window.goto(f"{served}/page#/{view}")
        window.reload()
        window.locator("main[data-view]").wait_for()
        window.wait_for_load_state("networkidle")
        assert_harmless(window)
        scripts = window.locator("script")
        assert all(script.get_attribute("src") for script in scripts.all()), view
        shown += window.locator("body").inner_text()
    assert shown.count("<script>hacked=1</script>") >= 3, "it is shown, and as it is"


@pytest.mark.parametrize(
    "hash_", [f"/week?week={HOSTILE}", f"/runs?week={LAST_WEEK}&run_id={HOSTILE}", f"/{HOSTILE}", HOSTILE, "//evil.example/x"]
)
def test_no_address_of_the_page_runs_anything(served, window, hash_):
    window.home = served
    window.goto(f"{served}/page#{hash_}")
    window.wait_for_load_state("networkidle")
    assert_harmless(window)


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
