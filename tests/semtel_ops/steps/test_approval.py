"""What publishing a reprocess would change is put to a person in numbers, and what they decide holds for all its weeks."""

import pytest

from semtel_ops.errors import QualityGateError, ReconciliationError
from semtel_ops.runs.plan import Reprocess, RunPlan
from semtel_ops.runs.selection import Selection
from semtel_ops.steps.approval import close_reprocess, record_decision, summarize_changes
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import RunState
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import PASSING_CHECK, write_finished_run
from tests.support.shards import WEEK

LATER = "2026-W48"
REASON = "the endpoint failed"
YES = {"chosen_options": ["Approve"], "responded_by_user": {"id": "7", "name": "grace"}}
NO = {**YES, "chosen_options": ["Reject"]}

BEFORE = {"c0": ("success", "science"), "c1": ("error", None), "c2": ("success", "money"), "c3": ("success", "health")}
AFTER = {"c0": ("success", "science"), "c1": ("success", "health"), "c2": ("success", "career"), "c3": ("refused", None)}
"""One is carried over, one recovers, one changes its label, one fails now; and c4 is new."""


def rows_of(run_id, week, labelled):
    rows = make_landed_rows(week=week, run_id=run_id, conversations=len(labelled), labels={"topic": {"science": 1}}, shards=1)
    return [
        {
            **row, "conversation_id": name, "status": status, "label": label, "error": None if label else status,
            "carried_from": "base" if run_id != "base" and name == "c0" else None, "reused": False,
        }
        for row, (name, (status, label)) in zip(rows, labelled.items(), strict=True)
    ]  # fmt: skip


class Weeks:
    """Weeks with a base run that is published, and a reprocess of it that the gate let through."""

    def __init__(self, folder, ledger_url):
        self.lake, self._ledger_url = folder / "lake", ledger_url

    def make(self, week=WEEK, *, published="base", approval=True, reason=REASON, verdict="passed", checks=(PASSING_CHECK,)):
        """The URL of the reprocess, whose run id is `again`."""
        write_finished_run(self.lake, week=week, run_id="base", rows=rows_of("base", week, BEFORE))
        after = {**AFTER, "c4": ("success", "science")}
        url = write_finished_run(
            self.lake, week=week, run_id="again", rows=rows_of("again", week, after), verdict=verdict, checks=checks
        )
        reprocess = Reprocess(
            base_run="base", selection=Selection(), asked_rows=3, fresh=False, weeks=(WEEK, LATER), approval=approval,
            requested_by="ada", reason=reason,
        )  # fmt: skip
        plan = RunPlan.load(url).model_copy(update={"reprocess": reprocess})
        plan.save()
        document = {
            "week": week, "run_id": "again", "base_run": "base", "requested_by": "ada", "requested_at": "2026-11-30T09:00:00+00:00",
            "reason": reason, "selection": {"rows": "not_success"}, "fresh": False, "asked_rows": 3,
            "asked_by_classifier": {"topic": 3}, "asked_by_status": {"error": 3}, "carried_rows": 1, "warnings": [],
        }  # fmt: skip
        write_json(plan.folder.reprocess, document)
        if published is not None:
            self.save(week, published, state=RunState.PUBLISHED)
        return url

    def save(self, week, run_id, **fields):
        with open_ledger(self._ledger_url) as ledger:
            ledger.save_run(week, run_id, **fields)

    def record(self, week=WEEK, run_id="again"):
        with open_ledger(self._ledger_url) as ledger:
            return ledger.run(week, run_id)


@pytest.fixture
def weeks(tmp_path, ledger_url):
    return Weeks(tmp_path, ledger_url)


def verdict_of(url, *, stopped=False):
    plan = RunPlan.load(url)
    return {"run": url, "week": plan.week, "verdict": "stop" if stopped else "passed", "stopped": stopped}


def told(url):
    return read_json(RunPlan.load(url).folder.reprocess)


def test_changes_are_counted_against_the_published_run(weeks):
    url = weeks.make()
    found = summarize_changes([verdict_of(url)])
    assert found["runs"] == [url]
    assert found["ask"]
    assert told(url)["replaces"] == "base"
    assert told(url)["changes"] == [
        {"classifier": "topic", "rows": 5, "asked": 4, "added": 1, "relabelled": 1, "mended": 1, "lost": 1, "not_success": 1}
    ]


def test_the_question_shows_who_why_and_the_numbers_and_no_text(weeks):
    found = summarize_changes([verdict_of(weeks.make())])
    assert found["subject"] == "Replace published labels with 1 reprocessed week?"
    assert found["body"].startswith("**ada** requested this reprocess: the endpoint failed\n")
    assert f"| {WEEK} | topic | 5 | 4 | 1 | 1 | 1 | 1 |" in found["body"]
    assert "quality gate: passed; replaces run base" in found["body"]


def test_what_a_person_wrote_cannot_become_markup(weeks):
    found = summarize_changes([verdict_of(weeks.make(reason="it <b>failed</b> | [x](http://y)\n# now"))])
    first = found["body"].splitlines()[0]
    assert not set("<>|[]()#") & set(first.replace("&#", "")), first
    assert "http://y" in first


def test_counted_again_they_are_the_same(weeks):
    url = weeks.make()
    first = summarize_changes([verdict_of(url)])
    document = told(url)
    assert summarize_changes([verdict_of(url)]) == first
    assert told(url) == document


def test_weeks_come_in_their_order_and_those_that_were_stopped_are_left_out(weeks):
    early, late = weeks.make(), weeks.make(LATER)
    assert summarize_changes([verdict_of(late), verdict_of(early)])["runs"] == [early, late]
    assert summarize_changes([verdict_of(late), verdict_of(early, stopped=True)])["runs"] == [late]


def test_where_every_week_was_stopped_nobody_is_asked(weeks):
    found = summarize_changes([verdict_of(weeks.make(), stopped=True)])
    assert (found["runs"], found["ask"], found["body"]) == ([], False, "")


@pytest.mark.parametrize(
    ("options", "ask"),
    [({}, True), ({"approval": False}, False), ({"published": None}, False), ({"published": "again"}, False)],
)
def test_a_person_is_asked_only_where_a_published_run_would_be_replaced(weeks, options, ask):
    assert summarize_changes([verdict_of(weeks.make(**options))])["ask"] is ask


def test_where_nothing_is_published_the_changes_are_those_against_the_base_run(weeks):
    url = weeks.make(published=None)
    found = summarize_changes([verdict_of(url)])
    assert (told(url)["replaces"], told(url)["changes"][0]["mended"]) == (None, 1)
    assert "nothing is published yet" in found["body"]


def test_a_weekly_run_is_not_put_to_approval(weeks):
    weeks.make()
    base = RunPlan.load(weeks.make()).paths.run(WEEK, "base").plan
    with pytest.raises(ReconciliationError, match="is not a reprocess; publish it as a weekly run"):
        summarize_changes([verdict_of(base)])


def test_an_approved_run_names_who_approved_it_and_goes_on(weeks):
    url = weeks.make()
    assert record_decision([url], YES) == [url]
    assert (told(url)["decided_by"], told(url)["rejected"]) == ("grace", False)
    assert weeks.record().approved_by == "grace"


def test_where_nobody_had_to_be_asked_the_runs_go_on_without_a_name(weeks):
    url = weeks.make()
    assert record_decision([url], None) == [url]
    assert (told(url)["decided_by"], weeks.record().approved_by) == (None, None)


def test_a_user_without_a_name_is_known_by_the_id(weeks):
    url = weeks.make()
    record_decision([url], {**YES, "responded_by_user": {"id": "7", "name": ""}})
    assert told(url)["decided_by"] == "7"


@pytest.mark.parametrize(
    ("answer", "said"), [(NO, "rejected by grace"), ({**NO, "responded_by_user": None}, "not approved in time")]
)
def test_a_no_holds_for_every_week_and_none_is_published(weeks, answer, said):
    urls = [weeks.make(), weeks.make(LATER)]
    for _ in range(2):
        assert record_decision(urls, answer) == []
    for week in (WEEK, LATER):
        assert (weeks.record(week).state, weeks.record(week).message) == (RunState.REJECTED, said)
        assert weeks.record(week, "base").state is RunState.PUBLISHED


def test_a_rejected_run_closes_without_a_failure(weeks):
    url = weeks.make()
    record_decision([url], NO)
    assert close_reprocess([url]) == {
        "weeks": [{"run": url, "week": WEEK, "state": "rejected", "message": "rejected by grace"}]
    }


def test_every_week_is_closed_before_the_failure_of_the_first_is_raised(weeks):
    failed = {**PASSING_CHECK, "passed": False}
    stopped, fine = weeks.make(verdict="stop", checks=[failed]), weeks.make(LATER, published="again")
    with pytest.raises(QualityGateError, match=f"week {WEEK}"):
        close_reprocess([stopped, fine])
    assert weeks.record().state is RunState.STOPPED
    assert weeks.record(LATER).finished_at is not None


def test_published_weeks_close_with_their_totals(weeks):
    url = weeks.make(published="again")
    (closed,) = close_reprocess([url])["weeks"]
    assert (closed["state"], closed["sampled"], closed["landed_rows"]) == ("published", 5, 5)
