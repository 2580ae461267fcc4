"""The page as people meet it: a real Airflow with its login, Debian's chromium, from the navigation to the figures.

One Airflow serves all tests of this module. Skipped where chromium or Playwright is not installed; both are a package:
`apt-get install chromium` and `pip install -e ".[browser]"`.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from semtel_ops.cli.demo import components
from semtel_ops.cli.demo.api import TRIES_WHEN_BUSY, AirflowApi, AirflowApiError
from semtel_ops.cli.demo.folder import DemoFolder
from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.supervisor import Supervisor
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.report.links import reprocess_link
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.ledger_open import open_to_read
from semtel_ops.store.ledger_tables import weekly_share
from tests.support.browser import CHROMIUM

sync_api = pytest.importorskip("playwright.sync_api", reason='no Playwright; pip install -e ".[browser]"', exc_type=ImportError)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; apt-get install chromium"),
]

WEEK = "2026-W40"
DAG_ID = "semantic_telemetry_weekly"
REPROCESS = "semantic_telemetry_reprocess"
PASSWORDS = {"admin": "of-the-tests-alone", "viewer": "of-the-tests-too"}
PATIENCE_S = 1_200.0
TEXTS = ("Why does this Python loop never end?", "Plan three days in Rome for us.", "Thanks, that solved my problem!")
VIEWS = ("week", "runs", "quality", "quarantine", "batch", "classifiers", "models")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Twenty conversations of one week, and a line that is none."""
    start = datetime(2026, 9, 28, tzinfo=UTC)
    path = tmp_path_factory.mktemp("source") / "chats.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for at in range(20):
            turns = [{"role": "user", "content": f"{TEXTS[at % 3]} ({at})"}, {"role": "assistant", "content": "Gladly."}]
            began = (start + timedelta(hours=8 * at)).isoformat()
            file.write(json.dumps({"conversation_id": f"c{at}", "started_at": began, "messages": turns}) + "\n")
        file.write("{not a record\n")
    return path


@pytest.fixture(scope="module")
def airflow(tmp_path_factory, source):
    """Airflow with two people who may sign in, and one week published; ended with the module."""
    folder = DemoFolder.of_this_installation(str(tmp_path_factory.mktemp("airflow")))
    with Supervisor(folder) as supervisor:
        folder.create()
        port = free_port(18_300)
        simulator = free_port(18_350, frozenset({port}))
        folder.endpoints.write_text(components.endpoints_yaml(simulator), encoding="utf-8")
        passwords = folder.airflow_home / "passwords.json"
        passwords.write_text(json.dumps(PASSWORDS), encoding="utf-8")
        environment = components.environment(folder, port) | {
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "SEMTEL_PAGE_TEXT": "true",
        }
        supervisor.start("simulator", components.simulator(simulator), environment)
        supervisor.finish(supervisor.start("db-migrate", components.MIGRATE, environment))
        for name, command in components.airflow_components(folder, port).items():
            supervisor.start(name, command, environment)
        api = AirflowApi(f"http://127.0.0.1:{port}")
        wait_until(lambda: _ready(api), what="Airflow has not started", timeout_s=PATIENCE_S, check=supervisor.check)
        api.tries = TRIES_WHEN_BUSY
        api.unpause(DAG_ID)
        api.trigger(DAG_ID, "browser", {"source": str(source), "week": WEEK, "lane": "realtime"})
        wait_until(
            lambda: api.run_state(DAG_ID, "browser") in {"success", "failed"},
            what="the week", timeout_s=PATIENCE_S, check=supervisor.check,
        )  # fmt: skip
        assert api.run_state(DAG_ID, "browser") == "success"
        yield api.url, folder


def _ready(api):
    try:
        api.sign_in("admin", PASSWORDS["admin"])
        return set(api.health().values()) == {"healthy"} and api.has_dag(DAG_ID)
    except AirflowApiError as error:
        if error.busy:
            return False
        raise


@pytest.fixture
def sign_in(airflow, chromium):
    """A window in which somebody has signed in through Airflow's own form; complaints and calls elsewhere are kept."""
    url, _folder = airflow
    opened = []

    def enter(user, **how):
        context = chromium.new_context(base_url=url, **how)
        context.set_default_timeout(PATIENCE_S * 1_000)
        window = context.new_page()
        opened.append(context)
        window.goto("/")
        window.locator("input[name=username]").fill(user)
        window.locator("input[name=password]").fill(PASSWORDS[user])
        window.locator("button[type=submit]").click()
        window.wait_for_url(lambda now: "/auth/" not in now)
        window.complaints, window.elsewhere = [], []
        window.on("console", lambda said: window.complaints.append(said.text) if said.type == "error" else None)
        window.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.on(
            "request",
            lambda asked: None if asked.url.startswith((url, "data:", "blob:")) else window.elsewhere.append(asked.url),
        )
        return window

    yield enter
    for context in opened:
        context.close()


def drawn(place):
    """Wait until a view is there and none of its charts is on its way."""
    place.locator("main[data-view]").wait_for()
    for figure in place.locator("figure").all():
        figure.scroll_into_view_if_needed()
    expect(place.locator("figure[aria-busy]")).to_have_count(0)


def expect(locator):
    sync_api.expect.set_options(timeout=PATIENCE_S * 1_000)
    return sync_api.expect(locator)


def test_a_viewer_opens_the_page_from_the_navigation_and_reads_what_the_ledger_has(airflow, sign_in):
    _url, folder = airflow
    window = sign_in("viewer")
    window.get_by_role("button", name="Browse").first.click()
    window.get_by_role("menuitem", name="Semantic telemetry").click()
    page = window.frame_locator("iframe")
    drawn(page)
    expect(page.locator("h1")).to_have_text("Week 40, 2026")

    ledger = open_to_read(f"sqlite:///{folder.ledger}")
    run = ledger.published_run(WEEK)
    with ledger.read() as connection:
        mine = (weekly_share.c.week == WEEK) & (weekly_share.c.level == "label")
        shares = connection.execute(select(weekly_share).where(mine)).mappings().all()
    tiles = dict(
        zip(page.locator(".tile .name").all_text_contents(), page.locator(".tile .value").all_text_contents(), strict=True)
    )
    assert tiles["Conversations"] == str(run.sampled) == "20"
    assert tiles["Labels landed"] == f"{run.landed:,}"
    cards = page.locator(".columns .card")
    assert cards.count() == len({share["classifier"] for share in shares})
    told = set()
    for card in cards.all():
        for row in card.locator("details tbody tr").all():
            cells = row.locator("td").all_text_contents()
            told.add((cells[0], cells[1], cells[2]))
    assert told == {
        (str(share["n"]), f"{100 * share['share']:.1f}%", f"{100 * share['low']:.1f}–{100 * share['high']:.1f}")
        for share in shares
    }
    assert page.locator("figure svg").count() >= cards.count()
    assert window.elsewhere == []


def test_every_view_opens_on_a_phone_without_a_complaint_or_a_sideways_scroll(sign_in):
    window = sign_in("viewer", viewport={"width": 390, "height": 844})
    for view in VIEWS:
        window.goto("about:blank")  # else only the part after # would change, and nothing be loaded
        window.goto(f"/semtel/page#/{view}")
        window.locator(f"main[data-view={view}]").wait_for()
        drawn(window)
        assert window.locator("h1").inner_text()
        assert window.locator("[role=alert]").count() == 0
        assert window.evaluate("document.documentElement.scrollWidth") <= 390, view
    assert window.complaints == []
    assert window.elsewhere == []


def test_a_run_is_followed_from_the_list_to_where_its_time_went(sign_in):
    window = sign_in("viewer")
    window.goto("/semtel/page#/runs")
    window.get_by_role("link", name="browser").first.click()
    window.get_by_role("heading", name=re.compile("Slowest shard")).wait_for()
    drawn(window)
    expect(window.locator(".when .badge").first).to_have_text("published")
    window.get_by_role("link", name="quarantine", exact=True).click()
    window.locator("main[data-view=quarantine]").wait_for()
    expect(window.locator("h1")).to_contain_text("1 record in quarantine")


def test_the_page_follows_airflows_theme(sign_in):
    window = sign_in("viewer")
    window.goto("/plugin/semtel")
    page = window.frame_locator("iframe")
    drawn(page)
    for theme in ("dark", "light"):
        window.evaluate("theme => { document.documentElement.className = theme }", theme)
        page.locator(f"html[data-theme={theme}]").wait_for()


def test_a_viewer_is_told_that_text_is_not_for_them_and_gets_none(sign_in):
    window = sign_in("viewer")
    window.goto("/semtel/page#/quarantine")
    drawn(window)
    expect(window.locator("main")).to_contain_text("Conversation text is not shown")
    told = window.request.get(f"/semtel/api/conversation?week={WEEK}&conversation_id=c1")
    assert told.status == 403
    assert "Python" not in told.text()


def test_gold_labels_are_given_inside_airflow_by_who_may_read_text_and_by_nobody_else(airflow, sign_in):
    _url, folder = airflow
    settings = Settings(lake=f"{folder.lake}", database_url=f"sqlite:///{folder.ledger}")
    drawn = draw_gold(WEEK, settings=settings, by="tests", size=3, classifiers=["topic"])
    viewer = sign_in("viewer")
    viewer.goto("/semtel-gold/")
    expect(viewer.locator("main")).to_contain_text("Only who may read conversation text can label")
    of = urlencode({"draw_id": drawn["draw"], "classifier": "topic"})
    assert viewer.request.get(f"/semtel-gold/api/next?{of}").status == 403

    window = sign_in("admin")
    window.get_by_role("button", name="Browse").first.click()
    window.get_by_role("menuitem", name="Gold labels").click()
    page = window.frame_locator("iframe")
    page.get_by_role("link", name="Label", exact=True).click()
    page.locator("main[data-view=label]").wait_for()
    page.locator("#main").focus()
    for _ in range(3):
        window.keyboard.press("1")
        page.locator(".told button").wait_for()
        window.keyboard.press("Enter")
        expect(page.locator(".told button")).to_have_count(0)
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    with open_to_read(f"sqlite:///{folder.ledger}") as ledger:
        labels = GoldLedger(ledger).labels_of(drawn["draw"], "topic")
    assert [(label.person, label.label) for label in labels] == [("admin", "technology")] * 3
    assert window.elsewhere == []


def test_without_a_login_there_is_no_page(airflow, chromium):
    context = chromium.new_context(base_url=airflow[0])
    for path in (
        "/semtel/page",
        "/semtel/static/page.js",
        "/semtel/api/start",
        "/semtel-gold/",
        "/semtel-gold/api/draws",
        f"/semtel/chart/share?week={WEEK}&classifier=topic",
    ):
        assert context.request.get(path).status == 401, path
    context.close()


def reprocess(airflow, window, **fields):
    """Fill the reprocess form in by its link, send it off, and return the DAG run's id."""
    api = AirflowApi(airflow[0], tries=TRIES_WHEN_BUSY)
    api.sign_in("admin", PASSWORDS["admin"])
    runs = f"/api/v2/dags/{REPROCESS}/dagRuns"
    before = {run["dag_run_id"] for run in api.call("GET", runs)["dag_runs"]}
    window.goto(reprocess_link(airflow[0], {"week": WEEK, "rows": "all", "reason": "as the browser's tests do", **fields}))
    window.get_by_role("button", name="Trigger").click()
    new = set()

    def triggered():
        new.update({run["dag_run_id"] for run in api.call("GET", runs)["dag_runs"]} - before)
        return bool(new)

    wait_until(triggered, what="the triggered run", timeout_s=PATIENCE_S, check=lambda: None)
    return api, new.pop()


def test_a_week_is_reprocessed_from_the_form_as_a_dry_run_which_changes_nothing(airflow, sign_in):
    url, folder = airflow
    window = sign_in("admin")
    published = open_to_read(f"sqlite:///{folder.ledger}").published_run(WEEK)
    api, run = reprocess(airflow, window)
    over = lambda: api.run_state(REPROCESS, run) in {"success", "failed"}  # noqa: E731
    wait_until(over, what="the dry run", timeout_s=PATIENCE_S, check=lambda: None)
    assert api.run_state(REPROCESS, run) == "success"
    assert open_to_read(f"sqlite:///{folder.ledger}").published_run(WEEK) == published
    window.goto(f"{url}/semtel/page#/runs")
    drawn(window)
    expect(window.locator("main")).to_contain_text("dry run")


def test_a_week_is_replaced_when_a_person_approves_it_in_airflow(airflow, sign_in):
    url, folder = airflow
    window = sign_in("admin")
    api, run = reprocess(airflow, window, dry_run=False)
    ask = f"/api/v2/dags/{REPROCESS}/dagRuns/{run}/taskInstances/approve"
    waits = lambda: api.call("GET", ask)["state"] in {"awaiting_input", "deferred"}  # noqa: E731
    wait_until(waits, what="the question", timeout_s=PATIENCE_S, check=lambda: None)
    window.goto(f"{url}/dags/{REPROCESS}/runs/{run}/tasks/approve/required_actions")
    window.get_by_role("button", name="Approve").click()
    over = lambda: api.run_state(REPROCESS, run) in {"success", "failed"}  # noqa: E731
    wait_until(over, what="the replacement", timeout_s=PATIENCE_S, check=lambda: None)
    assert api.run_state(REPROCESS, run) == "success"
    now = open_to_read(f"sqlite:///{folder.ledger}").published_run(WEEK)
    assert (now.reason, now.approved_by) == ("as the browser's tests do", "admin")
    window.goto(f"{url}/semtel/page#/runs?{urlencode({'week': WEEK, 'run_id': now.run_id})}")
    drawn(window)
    expect(window.locator("main")).to_contain_text("as the browser's tests do")
