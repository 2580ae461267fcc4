"""From facts to alerts: what is raised for what, how grave it is, and what its form is filled in with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from semtel_ops.alerts import Alert, AlertInputs, Counts, alerts_of
from semtel_ops.alerts.build import Place, budget_spent, deadline_missed, task_failed, trial_alert
from semtel_ops.concurrency.outages import Outage
from semtel_ops.conversations.lake_ids import LakeIds
from semtel_ops.settings import AlertKind, AlertsConfig, AlertSeverity

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
PLACE = Place("docs/runbook.md", "https://airflow.example/base/", "semantic_telemetry_weekly", "lake/report.html")
FACTS = AlertInputs(
    "2026-W47",
    "scheduled__2026-11-23",
    PLACE,
    verdict="passed",
    counts=Counts(40, 80, 80, {"success": 30, "error": 50}),
    failing={"topic": 40, "knowledge_work": 10},
    examples={"topic": ["c1", "c2", "c3", "c4"], "knowledge_work": ["c9"]},
    spent_usd=1.5,
)


def check(
    check_id="non_success_share", classifier="topic", severity="stop", observed="52.5%", expected="at most 5.0%", notes=""
):
    return {"id": check_id, "classifier": classifier, "passed": False, "severity": severity, "observed": observed,
            "expected": expected, "notes": notes}  # fmt: skip


def built(**changes):
    return alerts_of(replace(FACTS, **changes), AlertsConfig(), NOW)


def form(alert):
    return {name: value for name, (value,) in parse_qs(urlsplit(alert.links.reprocess).query).items()}


def test_a_good_run_alerts_nobody():
    assert built() == []


def test_a_stopped_gate_is_one_alert_with_all_that_failed_and_a_form_filled_in():
    checks = [check("label_share_change", severity="warn"), check(), check(classifier="knowledge_work")]
    (alert,) = built(verdict="stop", checks=checks)
    assert (alert.key, alert.severity, alert.worst) == ("gate_stopped", AlertSeverity.CRITICAL, "topic")
    assert alert.findings[0] == "non success share of topic is 52.5%, at most 5.0% expected"
    assert len(alert.findings) == 3
    assert alert.examples == ("c1", "c2", "c3")
    assert (alert.counts, alert.cost_usd) == (FACTS.counts, 1.5)
    assert form(alert) == {
        "week": "2026-W47",
        "base_run": "scheduled__2026-11-23",
        "rows": "all",
        "classifiers": "topic,knowledge_work",
        "reason": "gate stopped in run scheduled__2026-11-23",
    }
    assert alert.links.run == "https://airflow.example/base/dags/semantic_telemetry_weekly/runs/scheduled__2026-11-23"
    assert alert.links.runbook == "docs/runbook.md#gate-stopped"


def test_when_only_answers_are_missing_the_form_asks_only_for_these():
    (alert,) = built(verdict="stop", checks=[check(), check("rows_complete")])
    assert form(alert)["rows"] == "not_success"


def test_a_gate_that_was_never_asked_anything_stops_too():
    (alert,) = built(verdict="stop")
    assert alert.what == "week 2026-W47 is not published; the quality gate stopped it: no check ran"


def test_each_warning_of_the_gate_is_in_exactly_one_alert():
    checks = [
        check("label_share_change", severity="warn", notes="coding 20.0% → 41.0%"),
        check("label_share_change", "knowledge_work", severity="warn", observed="20.0%"),
        check("quarantined_share", None, severity="warn", observed="12.0%"),
        check("truncated_share", None, severity="warn"),
        check("constant_output_share", severity="off"),
    ]
    alerts = built(verdict="warn", checks=checks)
    assert sorted(alert.key for alert in alerts) == [
        "gate_warned", "label_drift:knowledge_work", "label_drift:topic", "quarantine",
    ]  # fmt: skip
    assert {alert.severity for alert in alerts} == {AlertSeverity.WARNING}
    by_key = {alert.key: alert for alert in alerts}
    assert by_key["label_drift:topic"].what.endswith("coding 20.0% → 41.0%")
    assert by_key["quarantine"].links.reprocess is None, "records that cannot be read are not asked again"


@pytest.mark.parametrize(("spent", "severity"), [(7.99, None), (8.0, "warning"), (10.0, "critical"), (None, None)])
def test_a_budget_is_told_before_it_is_spent_and_when_it_is(spent, severity):
    assert [alert.severity.value for alert in built(spent_usd=spent, budget_usd=10.0)] == ([severity] if severity else [])


def test_what_is_over_when_it_is_found_is_a_notice():
    alerts = built(
        published=True, spent_usd=9.0, budget_usd=10.0, rescued_rows=12, rescued_shards=2,
        outages=[Outage("east", 400.0), Outage("west", 400.0, over=False), Outage("north", 20.0)],
        due_at=NOW - timedelta(hours=3), landed_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    assert {alert.key: alert.is_notice for alert in alerts} == {
        "budget": True, "batch_rescued": True, "circuit_open:east": True, "circuit_open:west": False, "deadline_missed": True,
    }  # fmt: skip
    assert any("landed 2 h after its deadline" in alert.what for alert in alerts)


def test_a_run_past_its_deadline_that_has_not_landed_is_critical():
    (alert,) = built(due_at=NOW - timedelta(minutes=1))
    assert alert == deadline_missed(FACTS, NOW - timedelta(minutes=1), NOW)
    assert alert.severity is AlertSeverity.CRITICAL
    assert built(due_at=NOW - timedelta(hours=1), landed_at=NOW - timedelta(hours=2)) == []


def test_a_failed_task_stops_the_run_and_a_failed_part_does_not():
    whole = task_failed(FACTS, task="sample", error="SourceError", at=NOW)
    part = task_failed(FACTS, task="realtime.classify", error="EndpointError", at=NOW, part=True)
    assert (whole.key, whole.severity) == ("task_failed:sample", "critical")
    assert (part.key, part.severity) == ("part_failed:realtime.classify", "warning")


def test_a_failed_task_of_several_weeks_names_them_all():
    alert = task_failed(FACTS, task="plan", error="StoreError", at=NOW, until="2026-W49")
    assert alert.what == "plan failed after its retries (StoreError); the run of weeks 2026-W47 to 2026-W49 cannot continue"


def test_a_budget_that_stops_a_task_is_as_grave_as_one_that_is_spent():
    alert = budget_spent(replace(FACTS, budget_usd=2.0), task="realtime.classify", at=NOW)
    assert (alert.key, alert.severity, alert.cost_usd) == ("budget", AlertSeverity.CRITICAL, 1.5)
    assert alert.what.startswith("the budget of $2.00 is used up; realtime.classify stopped before a request could exceed it")


def test_requests_that_are_shared_less_than_configured_are_notices():
    alerts = built(
        strategy_refused="plain calls instead of the strategy: no experiment", unbundled={"topic": "it agrees in 60%"}
    )
    assert [(alert.key, alert.severity, alert.is_notice) for alert in alerts] == [
        ("strategy", AlertSeverity.WARNING, True), ("strategy:topic", AlertSeverity.WARNING, True),
    ]  # fmt: skip
    assert alerts[0].what.endswith("plain calls instead of the strategy: no experiment")
    assert alerts[1].what == "topic is requested separately from now on: it agrees in 60%"


def test_a_model_that_is_held_back_is_a_notice_with_the_command_that_compares_it():
    (alert,) = built(held="the labeller is held: east is asked for mini", align_command="semtel align --candidate east")
    assert (alert.key, alert.severity, alert.is_notice) == ("model_held", AlertSeverity.WARNING, True)
    assert alert.what == "the labeller is held: east is asked for mini"
    assert alert.findings == ("to compare them: semtel align --candidate east",)
    assert built(align_command="semtel align") == []


def test_inside_airflow_it_has_the_alignment_form_filled_in():
    fields = {"incumbent": "before", "candidates": "east"}
    place = replace(FACTS.place, airflow_url="https://airflow.example.com")
    (alert,) = built(held="held", align_command="semtel align", align_form=fields, place=place)
    assert alert.findings[1].startswith("the same as a form: https://airflow.example.com/")
    assert alert.findings[1].endswith("?incumbent=before&candidates=east")


def test_a_published_week_of_another_labeller_is_a_notice_with_the_form_that_labels_the_weeks_before_again():
    offer = {"relabel_offer": "The 2 earlier weeks can be labelled again", "relabel_form": {"week": "2026-W40", "rows": "all"}}
    place = replace(FACTS.place, airflow_url="https://airflow.example.com")
    (alert,) = built(published=True, place=place, **offer)
    assert (alert.key, alert.severity, alert.is_notice) == ("labeller_changed", AlertSeverity.INFO, True)
    assert alert.findings == ("The 2 earlier weeks can be labelled again",)
    assert alert.links.reprocess == "https://airflow.example.com/semtel-reprocess/?week=2026-W40&rows=all"
    (outside,) = built(published=True, place=replace(place, airflow_url=None), **offer)
    assert outside.links.reprocess is None
    assert built(published=False, place=place, **offer) == []


def test_ids_that_are_not_fit_for_a_message_are_made_so():
    wild = ["c1\nBcc: everybody", "<script>", "x" * 500]
    (alert,) = built(verdict="stop", checks=[check()], examples={"topic": wild})
    assert alert.examples == tuple(map(LakeIds("hash").of, wild))


def test_an_alert_goes_through_json_unchanged():
    (alert,) = built(verdict="stop", checks=[check()])
    assert Alert.from_json(alert.to_json()) == alert
    ended = alert.resolved(NOW + timedelta(hours=1), "run r2 passed the gate")
    assert Alert.from_json(ended.to_json()) == ended
    assert not ended.is_open
    assert ended.dedup_key == alert.dedup_key
    assert not ended.is_notice


def test_every_kind_has_its_section_in_the_runbook(project_root):
    text = (project_root / "docs" / "runbook.md").read_text(encoding="utf-8")
    anchors = {line[3:].strip().lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")}
    for kind in AlertKind:
        assert kind.replace("_", "-") in anchors, kind
    assert trial_alert(PLACE, NOW).links.runbook == "docs/runbook.md#test"
