from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from semtel_ops.errors import ConfigError
from semtel_ops.settings import Settings
from semtel_ops.steps import correct as step
from semtel_ops.steps.correct import correct_weeks
from semtel_ops.steps.publish import publish_run
from semtel_ops.steps.report import report_run
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.gold_labels import save_gold
from tests.support.postgres import postgres_schema

WEEK, EARLIER = "2026-W47", "2026-W46"
LABELS = {"topic": {"technology": 60.0, "writing": 40.0}}


@pytest.fixture
def lake(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
    return tmp_path / "lake"


@pytest.fixture
def ledger(lake, tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def publish(lake, *, week=WEEK, run_id="manual", model="gpt-4o-mini", seed=7, report=True):
    """Publish a week of 400 conversations; returns its rows."""
    rows = make_landed_rows(
        week=week, run_id=run_id, conversations=400, labels=LABELS, success=1.0, seed=seed, endpoints=(("east", model),)
    )
    run = write_finished_run(lake, week=week, run_id=run_id, rows=rows)
    publish_run(run)
    if report:
        report_run(run)
    return rows


def label_by_people(ledger, rows, n=100, *, week=WEEK, wrong=10):
    """Gold labels of the first n conversations; the model was wrong about some that it called technology."""
    truths = {row["conversation_id"]: row["label"] for row in rows[:n]}
    for one in [one for one, label in truths.items() if label == "technology"][:wrong]:
        truths[one] = "writing"
    return save_gold(ledger, truths, population=len(rows), week=week)


def shares(ledger, week=WEEK, *, label="technology"):
    with ledger.read() as connection:
        mine = (tables.weekly_share.c.week == week) & (tables.weekly_share.c.label == label)
        return dict(connection.execute(select(tables.weekly_share).where(mine)).mappings().one())


def test_gold_that_arrives_after_publication_corrects_the_shares_and_the_report(lake, ledger):
    rows = publish(lake)
    report = lake / "reports" / f"week={WEEK}" / "report.html"
    assert "Intervals cover sampling error only, not labelling error: no gold rows of this week" in report.read_text()
    before = shares(ledger)
    label_by_people(ledger, rows)
    done = correct_weeks(settings=Settings.from_env(), week=WEEK)
    after = shares(ledger)
    assert (done["examined"], done["changed"], done["weeks"][0]["methods"]) == (1, 1, {"two_phase": 2})
    assert after["share_corrected"] < before["share"] == after["share"]
    assert (after["corrected_method"], after["corrected_n"]) == ("two_phase", 100)
    page = report.read_text()
    assert "covers sampling and labelling error; it rests on 100 gold rows of this week" in page
    assert "Intervals cover sampling error only" not in page


def test_correcting_again_changes_nothing(lake, ledger):
    label_by_people(ledger, publish(lake))
    correct_weeks(settings=Settings.from_env())
    before = shares(ledger)
    written = (lake / "reports" / f"week={WEEK}" / "report.html").stat().st_mtime_ns
    again = correct_weeks(settings=Settings.from_env())
    assert (again["changed"], again["weeks"][0]["report"]) == (0, None)
    assert shares(ledger) == before
    assert (lake / "reports" / f"week={WEEK}" / "report.html").stat().st_mtime_ns == written


def test_no_row_is_published_again(lake, ledger, monkeypatch):
    label_by_people(ledger, publish(lake))
    files = {path: path.stat().st_mtime_ns for path in lake.glob("labels/**/*") if path.is_file()}
    monkeypatch.setattr(step, "report_run", lambda run, clock=None: {"report": run})
    correct_weeks(settings=Settings.from_env(), week=WEEK)
    assert {path: path.stat().st_mtime_ns for path in lake.glob("labels/**/*") if path.is_file()} == files


def test_gold_of_one_week_corrects_the_others_of_its_labeller(lake, ledger):
    rows = publish(lake, week=EARLIER, seed=1)
    publish(lake)
    label_by_people(ledger, rows, week=EARLIER)
    done = correct_weeks(settings=Settings.from_env())
    assert [(one["week"], one["methods"]) for one in done["weeks"]] == [(EARLIER, {"two_phase": 2}), (WEEK, {"matrix": 2})]
    assert correct_weeks(settings=Settings.from_env())["changed"] == 0


def test_a_week_is_corrected_when_it_is_published_by_the_gold_of_earlier_weeks(lake, ledger):
    rows = publish(lake, week=EARLIER, seed=1)
    label_by_people(ledger, rows, week=EARLIER)
    correct_weeks(settings=Settings.from_env(), week=EARLIER)
    publish(lake)
    assert shares(ledger)["corrected_method"] == "matrix"
    assert "if the labeller errs as in the gold rows" in (lake / "reports" / f"week={WEEK}" / "report.html").read_text()


def test_another_labeller_is_not_corrected_by_the_errors_of_the_first(lake, ledger):
    rows = publish(lake, week=EARLIER, seed=1)
    label_by_people(ledger, rows, week=EARLIER)
    correct_weeks(settings=Settings.from_env(), week=EARLIER)
    publish(lake, model="gpt-4.1-mini")
    found = shares(ledger)
    assert (found["share_corrected"], found["corrected_n"], found["corrected_method"]) == (None, None, None)
    assert "another labeller errs in another way" in found["corrected_note"]


def test_a_run_that_replaces_another_is_corrected_by_its_own_answers_when_it_is_published(lake, ledger):
    label_by_people(ledger, publish(lake, run_id="first"))
    publish(lake, run_id="second", seed=8)
    found = shares(ledger)
    answers = {answer.run_id for answer in GoldLedger(ledger).answers(f"{WEEK}-topic", "topic")}
    assert (found["run_id"], found["corrected_method"], found["corrected_n"]) == ("second", "two_phase", 100)
    assert answers == {"second"}


def test_erased_gold_takes_the_correction_back_with_a_reason(lake, ledger):
    label_by_people(ledger, publish(lake))
    correct_weeks(settings=Settings.from_env())
    with ledger.write() as connection:
        connection.execute(delete(tables.gold_label).where(tables.gold_label.c.conversation_id >= "c000020"))
    done = correct_weeks(settings=Settings.from_env())
    assert done["changed"] == 1
    assert shares(ledger)["share_corrected"] is None
    assert "20 gold rows of this week, at least 30 are needed" in shares(ledger)["corrected_note"]
    assert "at least 30 are needed" in (lake / "reports" / f"week={WEEK}" / "report.html").read_text()


def test_a_call_killed_before_the_report_is_completed_by_the_next(lake, ledger, monkeypatch):
    label_by_people(ledger, publish(lake))

    def killed(run, clock=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(step, "report_run", killed)
        with pytest.raises(KeyboardInterrupt):
            correct_weeks(settings=Settings.from_env())
    assert ledger.run(WEEK, "manual").report_url is None
    done = correct_weeks(settings=Settings.from_env())
    assert done["weeks"][0]["report"] is not None
    assert ledger.run(WEEK, "manual").report_url is not None


def test_without_gold_only_the_reason_is_recorded(lake, ledger):
    publish(lake)
    with ledger.write() as connection:  # as an earlier release published it
        connection.execute(update(tables.weekly_share).values(corrected_note=None))
    done = correct_weeks(settings=Settings.from_env())
    assert (done["changed"], done["weeks"][0]["report"]) == (0, None)
    assert done["weeks"][0]["refused"] == {"no gold rows of this week or this labeller": 2}
    assert shares(ledger)["corrected_note"].startswith("covers sampling error, not labelling error")


def test_a_report_whose_rows_are_gone_stays_as_it_is(lake, ledger):
    label_by_people(ledger, publish(lake))
    for path in lake.glob("landed/**/*.parquet"):
        path.unlink()
    done = correct_weeks(settings=Settings.from_env())
    assert (done["changed"], done["weeks"][0]["report"]) == (1, None)
    assert shares(ledger)["corrected_n"] == 100
    assert ledger.run(WEEK, "manual").report_url is not None


def test_a_report_from_which_conversations_were_erased_stays_as_it_is(lake, ledger):
    label_by_people(ledger, publish(lake))
    sample = lake / "runs" / f"week={WEEK}" / "run=manual" / "sample.json"
    write_json(str(sample), {**read_json(str(sample)), "erased": 1})
    before = (lake / "reports" / f"week={WEEK}" / "report.html").read_bytes()
    done = correct_weeks(settings=Settings.from_env())
    assert (done["changed"], done["weeks"][0]["report"]) == (1, None)
    assert shares(ledger)["corrected_n"] == 100
    assert (lake / "reports" / f"week={WEEK}" / "report.html").read_bytes() == before


def test_postgresql_gives_back_what_was_written_so_that_nothing_changes_again(tmp_path, monkeypatch):
    with postgres_schema() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("SEMTEL_LAKE", f"{tmp_path}/lake")
        with open_ledger(url) as ledger:
            label_by_people(ledger, publish(tmp_path / "lake"))
            assert correct_weeks(settings=Settings.from_env())["changed"] == 1
            assert correct_weeks(settings=Settings.from_env())["changed"] == 0


def test_a_run_published_meanwhile_keeps_its_own_corrections(lake, ledger, monkeypatch):
    label_by_people(ledger, publish(lake, run_id="first"))
    weekly = type(ledger).weekly_shares

    def late(self, weeks, *, level="label"):
        found = weekly(self, weeks, level=level)
        if level == "label":
            publish(lake, run_id="second", report=False)
        return found

    monkeypatch.setattr("semtel_ops.store.ledger.Ledger.weekly_shares", late)
    done = correct_weeks(settings=Settings.from_env())
    assert "another run was published meanwhile" in done["problems"][0]
    assert shares(ledger)["run_id"] == "second"


def test_a_week_that_is_not_published_is_named_with_those_that_are(lake, ledger):
    publish(lake)
    with pytest.raises(ConfigError, match="is not published; published: 2026-W47"):
        correct_weeks(settings=Settings.from_env(), week="2026-W01")


def test_a_corrected_report_says_that_changes_are_of_shares_as_labelled(lake, ledger):
    publish(lake, week=EARLIER, seed=1)
    label_by_people(ledger, publish(lake))
    correct_weeks(settings=Settings.from_env(), week=WEEK)
    page = (lake / "reports" / f"week={WEEK}" / "report.html").read_text()
    assert "Changes are those of the shares as labelled; corrected shares are not compared between weeks." in page
