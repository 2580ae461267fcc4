from datetime import UTC, datetime

import pytest

from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_published import PublishedRows, answers_of, published_rows, record_answers, record_missing_answers
from semtel_ops.store.files import remove
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_tables import gold_answer
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import landed_labeller, make_landed_rows
from tests.support.gold import SHARES, WEEK, publish_week, settings_of

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake(f"{tmp_path}/lake")


def test_answers_are_those_of_the_published_rows_with_who_gave_them(tmp_path, lake, ledger):
    rows = publish_week(tmp_path, success=0.9)
    published = published_rows(lake, ledger, WEEK)
    ids = sorted({row["conversation_id"] for row in rows})
    found = list(answers_of(published, "d", ids, ["topic"], AT))
    said = {row["conversation_id"]: row for row in rows if row["classifier"] == "topic"}
    assert {one.conversation_id: one.label for one in found} == {one: row["label"] for one, row in said.items()}
    assert any(one.label is None for one in found), "rows that were no success"
    assert {one.labeller for one in found} == {landed_labeller("topic", "gpt-4o-mini")}
    assert {(one.run_id, one.model, one.classifier_version) for one in found} == {("manual", "gpt-4o-mini", "1.0.0")}


def test_a_week_that_is_not_published_is_named_with_those_that_are(tmp_path, lake, ledger):
    with pytest.raises(ConfigError, match="week: '2026-W40' is not published; published: no week yet"):
        published_rows(lake, ledger, "2026-W40")
    publish_week(tmp_path, conversations=4)
    with pytest.raises(ConfigError, match="published: 2026-W47"):
        published_rows(lake, ledger, "2026-W40")
    remove(lake.run(WEEK, "manual").labels_folder)
    with pytest.raises(StoreError, match="the label files of run manual are not in the lake"):
        published_rows(lake, ledger, WEEK)


def test_what_a_run_that_replaces_another_says_is_recorded_beside_it(tmp_path, lake, ledger):
    publish_week(tmp_path)
    settings = settings_of(tmp_path)
    draw = draw_gold(WEEK, settings=settings, by="ada", size=20, classifiers=["topic"])["draw"]
    assert record_missing_answers(lake, ledger, WEEK, AT) == 0, "those of the run that was drawn from are there"
    again = make_landed_rows(week=WEEK, run_id="again", conversations=100, labels=SHARES, success=1.0, seed=8)
    publish_week(tmp_path, run_id="again", rows=again)
    gold = GoldLedger(ledger)
    assert record_missing_answers(lake, ledger, WEEK, AT) == 0, "publishing has recorded them"
    by_run = {
        run: {one.conversation_id: one.label for one in gold.answers(draw, "topic") if one.run_id == run}
        for run in ("manual", "again")
    }
    said = {row["conversation_id"]: row["label"] for row in again if row["classifier"] == "topic"}
    assert by_run["again"] == {one: said[one] for one in by_run["manual"]}
    assert record_missing_answers(lake, ledger, "2026-W01", AT) == 0


def test_a_run_that_is_published_again_with_other_labels_has_its_new_answers(tmp_path, lake, ledger):
    publish_week(tmp_path)
    draw = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=20, classifiers=["topic"])["draw"]
    rows = publish_week(tmp_path, seed=9)
    said = {row["conversation_id"]: row["label"] for row in rows if row["classifier"] == "topic"}
    found = GoldLedger(ledger).answers(draw, "topic")
    assert {one.conversation_id: one.label for one in found} == {
        one.conversation_id: said[one.conversation_id] for one in found
    }
    assert {one.run_id for one in found} == {"manual"}


def test_answers_of_an_earlier_release_are_recorded_when_they_are_first_needed(tmp_path, lake, ledger):
    publish_week(tmp_path)
    draw = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=20, classifiers=["topic"])["draw"]
    with ledger.write() as connection:
        connection.execute(gold_answer.delete())
    assert record_missing_answers(lake, ledger, WEEK, AT) == 20
    assert len(GoldLedger(ledger).answers(draw, "topic")) == 20
    assert record_answers(PublishedRows("2026-W01", "r", []), ledger, AT) == 0, "a week without draws"
