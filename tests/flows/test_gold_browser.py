"""Labelling as people do it: Debian's chromium, the keyboard, and two people who do not see each other.

The page, its routes, the ledger and the lake are the real ones; Airflow's login is left out (`tests/flows/test_browser.py` has the
login, `tests/plugins/test_gold_page.py` who gets in). Skipped where chromium or Playwright is not installed; both are a package:
`apt-get install chromium` and `pip install -e ".[browser]"`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from semtel_ops.cli.demo.ports import free_port
from semtel_ops.cli.demo.wait import wait_until
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_export import export_gold
from semtel_ops.steps.gold_show import show_gold
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.ledger_open import open_to_read
from tests.support.browser import CHROMIUM
from tests.support.gold import WEEK, publish_week, settings_of, text_of

sync_api = pytest.importorskip("playwright.sync_api", reason='no Playwright; pip install -e ".[browser]"', exc_type=ImportError)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.airflow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; apt-get install chromium"),
]

ROOT = Path(__file__).resolve().parents[2]
LABELS = 60
KEYS = {"technology": "1", "health": "3", "writing": "4"}
TRUTH = ("technology", "health", "writing")
"""What the texts of the week are about, by their number; the model said something else as often."""


def truth_of(conversation_id):
    return TRUTH[int(conversation_id.removeprefix("c")) % 3]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gold")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        labels = {"topic": dict.fromkeys(TRUTH, 1.0), "satisfaction": {"satisfied": 1.0, "neutral": 1.0}}
        publish_week(folder, conversations=200, labels=labels)
        draw_gold(WEEK, settings=settings_of(folder), by="ada", size=LABELS)
    return folder


@pytest.fixture(scope="module")
def draw(place):
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        return GoldLedger(ledger).draws()[0].draw_id


@pytest.fixture(scope="module")
def port(place):
    """The page, served to browsers of this machine until the module ends."""
    free = free_port(18_500)
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{place}/ledger.db",
        "SEMTEL_LAKE": f"{place}/lake",
        "SEMTEL_PAGE_TEXT": "true",
    }
    command = [sys.executable, "-m", "tests.support.gold_server", str(free)]
    with (place / "server.log").open("w") as said:
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: is_up(free), what="the page", timeout_s=300, check=lambda: None)
        yield free
    finally:
        server.terminate()
        server.wait()


def is_up(port):
    try:
        return urlopen(f"http://127.0.0.1:{port}/semtel-gold/").status == 200
    except URLError:
        return False


@pytest.fixture
def enter(port, chromium):
    """`enter(person)`: a window of somebody; what it complains of is kept."""
    opened = []

    def window_of(person, **how):
        context = chromium.new_context(base_url=f"http://{person}.localhost:{port}", **how)
        context.set_default_timeout(60_000)
        window = context.new_page()
        opened.append(context)
        window.complaints = []
        window.on("console", lambda said: window.complaints.append(said.text) if said.type == "error" else None)
        window.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.visited = []
        window.on("request", lambda asked: window.visited.append(asked.url))
        return window

    yield window_of
    for context in opened:
        context.close()


def shown_number(window):
    """The number of the conversation that is on the screen."""
    return int(re.search(r"\(number (\d+)\)", window.locator(".turn.user").first.inner_text())[1])


def label_by_key(window, key):
    """Press a key, wait for the model's answer, and go on with Enter."""
    before = shown_number(window)
    assert window.locator(".told button").count() == 0
    window.keyboard.press(key)
    window.locator(".told button").wait_for()
    told = window.locator(".told").inner_text()
    window.keyboard.press("Enter")
    window.locator(".told button").wait_for(state="detached")
    return before, told


def test_sixty_gold_labels_are_entered_by_keyboard(place, draw, enter):
    window = enter("ada")
    window.goto("/semtel-gold/")
    window.locator("main[data-view=draws]").wait_for()
    window.get_by_role("row", name="Topic").get_by_role("link", name="Label").click()
    window.locator("main[data-view=label]").wait_for()
    for at in range(LABELS):
        assert window.locator(".far").inner_text().startswith(f"{at} of {LABELS}")
        number = shown_number(window)
        assert text_of(f"c{number:06d}") in window.locator(".turn.user").inner_text()
        said = truth_of(f"c{number}")
        before, told = label_by_key(window, KEYS[said])
        assert before == number
        assert {"technology": "Technology", "health": "Health", "writing": "Language, writing and editing"}[said] in told
        assert ("same" in told) != ("differs" in told)
    sync_api.expect(window.get_by_role("heading", name="All done")).to_be_visible()
    assert window.complaints == []
    assert not [url for url in window.visited if "Python" in url or "cough" in url or "poem" in url], "no text in an address"

    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        gold = GoldLedger(ledger)
        labels = gold.labels_of(draw, "topic")
        rows = list(gold.labels("topic"))
    assert len(labels) == LABELS
    assert {label.person for label in labels} == {"ada"}
    assert all(label.label == truth_of(label.conversation_id) for label in labels)
    assert all(label.seconds is not None and label.changes == 0 for label in labels)
    assert {row.probability for row in rows} == {LABELS / 200}
    assert not re.search("Python|cough|poem", (place / "server.log").read_text()), "no text in a log"


def test_a_slip_is_undone_at_once_and_counted(place, draw, enter):
    window = enter("eve")
    window.goto(f"/semtel-gold/#/label?draw_id={draw}&classifier=topic")
    window.locator("main[data-view=label]").wait_for()
    first = shown_number(window)
    window.keyboard.press("5")
    window.locator(".told button").wait_for()
    window.keyboard.press("u")
    sync_api.expect(window.locator(".option[aria-pressed=true]")).to_have_attribute("data-id", "lifestyle")
    assert shown_number(window) == first
    label_by_key(window, KEYS[truth_of(f"c{first}")])
    second = shown_number(window)
    window.keyboard.press("s")
    sync_api.expect(window.locator(".turn.user").first).not_to_contain_text(f"(number {second})")
    sync_api.expect(window.locator(".far")).to_contain_text("1 passed over")
    window.keyboard.press("u")
    window.locator(".told").filter(has_text="passed this one over").wait_for()
    assert shown_number(window) == second
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        mine = [label for label in GoldLedger(ledger).labels_of(draw, "topic") if label.person == "eve"]
    assert [(label.label, label.skipped, label.changes) for label in mine] == [
        (truth_of(f"c{first}"), False, 1),
        (None, True, 0),
    ]


def test_a_rubric_takes_a_verdict_and_items_and_waits_for_enter(place, draw, enter):
    window = enter("ada", color_scheme="dark")
    window.goto(f"/semtel-gold/#/label?draw_id={draw}&classifier=satisfaction")
    window.locator("main[data-view=label]").wait_for()
    window.keyboard.press("a")
    window.keyboard.press("Enter")
    sync_api.expect(window.locator(".problem")).to_contain_text("Choose a verdict")
    for key in ("1", "b", "c", "b"):
        window.keyboard.press(key)
    window.keyboard.press("Enter")
    window.locator(".told button").wait_for()
    sync_api.expect(window.locator("html")).to_have_attribute("data-theme", "dark")
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        (label,) = GoldLedger(ledger).labels_of(draw, "satisfaction")
    assert (label.label, len(label.labels), label.labels[0]) == ("satisfied", 2, "gratitude")


def test_a_second_person_labels_the_same_and_they_decide_where_they_differ(place, draw, enter):
    ben = enter("ben")
    ben.goto(f"/semtel-gold/#/label?draw_id={draw}&classifier=topic")
    ben.locator("main[data-view=label]").wait_for()
    seen = []
    for at in range(5):
        said = truth_of(f"c{shown_number(ben)}")
        seen.append(label_by_key(ben, "a" if at == 2 else KEYS[said])[0])
    with open_to_read(f"sqlite:///{place}/ledger.db") as ledger:
        order = [int(item.conversation_id.removeprefix("c")) for item in GoldLedger(ledger).items(draw)]
    assert seen == order[:5]
    ben.get_by_role("link", name="Agreement").click()
    ben.locator("main[data-view=agreement]").wait_for()
    pair = ben.get_by_role("row", name="ada").filter(has_text="ben").first
    sync_api.expect(pair).to_contain_text("80.0%")
    ben.locator("summary").filter(has_text=f"c{seen[2]:06d}").click()
    opened = ben.locator("details.differing[open]")
    opened.get_by_text(text_of(f"c{seen[2]:06d}")).wait_for()
    opened.get_by_role("button", name="Technology").click()
    opened.get_by_role("button", name="Decide").click()
    opened.get_by_text("Decided: technology.").wait_for()
    (shown,) = show_gold(settings=settings_of(place))["draws"]
    topic = next(one for one in shown["classifiers"] if one["classifier"] == "topic")
    assert (topic["ruled"], topic["open"]) == (1, 0)
    assert ben.complaints == []


def test_it_can_be_worked_by_mouse_on_a_phone_and_keys_can_be_turned_off(draw, enter):
    window = enter("mia", viewport={"width": 390, "height": 844})
    window.goto(f"/semtel-gold/#/label?draw_id={draw}&classifier=topic")
    window.locator("main[data-view=label]").wait_for()
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.get_by_role("button", name="Help").click()
    window.get_by_label("Use single keys").uncheck()
    window.get_by_role("button", name="Close").click()
    window.keyboard.press("1")
    assert window.locator(".told button").count() == 0
    window.get_by_role("button", name="Health").click()
    window.get_by_role("button", name="Next").click()
    window.locator(".told button").wait_for(state="detached")
    sync_api.expect(window.locator(".far")).to_contain_text(f"1 of {LABELS}")
    assert window.complaints == []


def test_what_was_labelled_here_goes_out_without_text(place, draw):
    manifest = export_gold(settings=settings_of(place), out=f"{place}/out", form="labels", draw_id=draw)
    assert manifest["labels"] >= LABELS
    assert "Python" not in Path(manifest["files"][0]).read_text()
