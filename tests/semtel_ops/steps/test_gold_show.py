from datetime import UTC, datetime

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_show import show_gold
from semtel_ops.store.files import remove
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldLabel
from semtel_ops.testing.landed import landed_labeller, make_landed_rows
from tests.support.gold import SHARES, WEEK, publish_week, settings_of

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def draw(tmp_path, ledger_url):
    publish_week(tmp_path)
    return draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=10, classifiers=["topic"])["draw"]


def label(draw, conversation, said, person):
    return GoldLabel(draw, conversation, "topic", person, said, None, said is None, "page", 1.0, AT)


def test_progress_and_agreement_of_people_and_labellers_are_shown(tmp_path, draw, ledger):
    gold = GoldLedger(ledger)
    ids = [item.conversation_id for item in gold.items(draw)]
    llm = {answer.conversation_id: answer.label for answer in gold.answers(draw, "topic")}
    gold.save_labels([label(draw, one, llm[one], "ada") for one in ids[:6]])
    gold.save_labels(
        [label(draw, ids[0], llm[ids[0]], "ben"), label(draw, ids[1], "other", "ben"), label(draw, ids[2], None, "ben")]
    )
    (shown,) = show_gold(settings=settings_of(tmp_path))["draws"]
    (topic,) = shown["classifiers"]
    assert (shown["draw"], shown["drawn"], topic["gold"], topic["open"]) == (draw, 10, 5, 1)
    assert topic["people"] == {"ada": {"labels": 6, "skipped": 0}, "ben": {"labels": 2, "skipped": 1}}
    (pair,) = topic["between_people"]
    assert (pair["first"], pair["second"], pair["equal"]["n"], pair["equal"]["share"]) == ("ada", "ben", 2, 0.5)
    (labeller,) = topic["labellers"]
    assert (labeller["second"], labeller["equal"]["n"]) == (landed_labeller("topic", "gpt-4o-mini"), 5)
    assert topic["models"] == {labeller["second"]: "gpt-4o-mini"}


def test_after_a_week_was_labelled_again_both_labellers_are_compared_with_the_same_gold(tmp_path, draw, ledger):
    gold = GoldLedger(ledger)
    gold.save_labels([label(draw, item.conversation_id, "health", "ada") for item in gold.items(draw)])
    again = make_landed_rows(
        week=WEEK, run_id="again", conversations=100, labels=SHARES, success=1.0, seed=8, endpoints=(("east", "gpt-6-luna"),)
    )
    publish_week(tmp_path, run_id="again", rows=again)
    (shown,) = show_gold(settings=settings_of(tmp_path), week=WEEK)["draws"]
    labellers = {one["second"]: one["equal"]["n"] for one in shown["classifiers"][0]["labellers"]}
    assert labellers == {landed_labeller("topic", model): 10 for model in ("gpt-4o-mini", "gpt-6-luna")}


def test_a_week_whose_label_files_are_gone_is_still_shown(tmp_path, draw):
    remove(f"{tmp_path}/lake/labels")
    (shown,) = show_gold(settings=settings_of(tmp_path), draw_id=draw)["draws"]
    assert shown["draw"] == draw


def test_a_draw_that_there_is_not_is_named(tmp_path, draw):
    with pytest.raises(ConfigError, match="draw: 'x' does not exist"):
        show_gold(settings=settings_of(tmp_path), draw_id="x")
    assert show_gold(settings=settings_of(tmp_path), week="2026-W01") == {"draws": []}
