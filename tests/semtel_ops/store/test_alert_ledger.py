"""Alerts in SQL: raised once, resolved once, and told to each channel once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from semtel_ops.store.alert_ledger import MAX_ATTEMPTS, SENDING_LASTS, AlertLedger, AlertRow
from semtel_ops.store.ledger_open import open_ledger

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ROW = AlertRow("2026-W47", "r1", "gate_stopped", "gate_stopped", "critical", "stopped", "{}", NOW, NOW)


@pytest.fixture
def alerts(ledger_url):
    with open_ledger(ledger_url) as ledger:
        yield AlertLedger(ledger)


def test_an_alert_found_again_is_no_news_and_keeps_its_age_but_tells_the_latest(alerts):
    assert alerts.raise_all([ROW]) == ["gate_stopped"]
    again = replace(ROW, what="still stopped", raised_at=LATER, changed_at=LATER)
    assert alerts.raise_all([again]) == []
    assert alerts.alerts("2026-W47") == [replace(again, raised_at=NOW)]


def test_an_alert_that_comes_back_or_grows_graver_is_news_and_is_told_once_more(alerts):
    mild = replace(ROW, severity="warning")
    alerts.raise_all([mild])
    assert alerts.take(mild, "raised", "chat", at=NOW)
    alerts.record_delivery(mild, "raised", "chat", problem=None)
    assert alerts.raise_all([ROW]) == ["gate_stopped"]
    assert alerts.take(ROW, "raised", "chat", at=NOW)
    alerts.resolve("2026-W47", [("r1", "gate_stopped")], at=LATER, resolution="passed")
    assert alerts.raise_all([ROW]) == ["gate_stopped"]
    assert alerts.take(ROW, "raised", "chat", at=NOW)
    assert [row.state for row in alerts.alerts()] == ["open"]


def test_resolving_closes_what_is_open_and_says_so_once(alerts):
    alerts.raise_all([ROW, replace(ROW, run_id="r2")])
    (closed,) = alerts.resolve("2026-W47", [("r1", "gate_stopped"), ("r1", "unknown")], at=LATER, resolution="r2 passed")
    assert (closed.run_id, closed.state, closed.resolution, closed.resolved_at) == ("r1", "resolved", "r2 passed", LATER)
    assert alerts.resolve("2026-W47", [("r1", "gate_stopped")], at=LATER, resolution="again") == []
    assert [row.run_id for row in alerts.alerts(state="open")] == ["r2"]


def test_one_sender_at_a_time_and_a_killed_one_is_followed_by_another(alerts):
    alerts.raise_all([ROW])
    assert alerts.take(ROW, "raised", "chat", at=NOW)
    assert not alerts.take(ROW, "raised", "chat", at=NOW), "another sends it"
    assert alerts.take(ROW, "raised", "pager", at=NOW), "channels are told each for itself"
    assert alerts.take(ROW, "raised", "chat", at=NOW + SENDING_LASTS), "that one must have been killed"
    alerts.record_delivery(ROW, "raised", "chat", problem=None)
    assert not alerts.take(ROW, "raised", "chat", at=LATER), "delivered"


def test_what_cannot_be_sent_is_tried_a_few_times_and_stays_on_record(alerts):
    alerts.raise_all([ROW])
    taken = 0
    while alerts.take(ROW, "raised", "chat", at=NOW):
        taken += 1
        alerts.record_delivery(ROW, "raised", "chat", problem="503")
    assert taken == MAX_ATTEMPTS
    (delivery,) = alerts.deliveries(ROW)
    assert (delivery.state, delivery.attempts, delivery.problem) == ("undelivered", MAX_ATTEMPTS, "503")


def test_changes_are_found_by_their_time(alerts):
    alerts.raise_all([ROW, replace(ROW, key="budget", changed_at=LATER)])
    assert [row.key for row in alerts.changed_since(LATER)] == ["budget"]


def test_of_many_that_find_and_send_at_once_one_does(alerts):
    with ThreadPoolExecutor(8) as pool:
        news = list(pool.map(lambda _: alerts.raise_all([ROW]), range(16)))
        taken = list(pool.map(lambda _: alerts.take(ROW, "raised", "chat", at=NOW), range(16)))
    assert (sum(map(len, news)), sum(taken)) == (1, 1)
