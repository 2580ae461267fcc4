"""A classifier is asked separately where its combined labels did not hold; a shard decides that once."""

import pytest

from semtel_ops.shards.comparison_counts import AGREE, DIFFER, ComparisonCounts
from semtel_ops.shards.unbundling import (
    agreement,
    comparisons_of,
    disagreeing,
    in_words,
    unbundled_for,
    unbundled_of,
    write_comparisons,
)
from semtel_ops.store.files import read_json
from tests.support.shards import make_plan

COMBINED = {"combine": True, "shadow_min": 10, "shadow_floor": 0.8}


@pytest.fixture
def plan(tmp_path):
    return make_plan(tmp_path, config={"strategy": COMBINED})


def comparisons(agreed, differed, classifier="topic"):
    found = ComparisonCounts()
    found.shadow.update({(classifier, AGREE): agreed, (classifier, DIFFER): differed})
    return found


def test_the_first_shard_of_a_run_combines_everything(plan):
    assert unbundled_for(plan, 0) == ()


def test_what_disagreed_in_a_landed_shard_is_separate_in_the_next_one_and_the_log_says_why(plan, caplog):
    write_comparisons(plan, 0, comparisons(7, 3), ())
    assert unbundled_for(plan, 1) == ("topic",)
    assert "shard 1: topic is asked in separate requests" in caplog.text
    assert "in 70.0% of 10" in caplog.text


def test_the_comparisons_of_all_landed_shards_count_together(plan):
    for shard in range(2):
        write_comparisons(plan, shard, comparisons(3, 2), ())
    assert comparisons_of(plan).shadow == {("topic", AGREE): 6, ("topic", DIFFER): 4}
    assert unbundled_for(plan, 2) == ("topic",), "five comparisons of a shard are too few, ten of two are enough"


def test_a_shard_that_is_begun_again_keeps_its_decision(plan):
    assert unbundled_for(plan, 1) == ()
    write_comparisons(plan, 0, comparisons(0, 50), ())
    assert unbundled_for(plan, 1) == (), "its requests so far were combined"
    assert unbundled_for(plan, 2) == ("topic",)


def test_what_earlier_runs_found_is_separate_from_the_first_shard_on_in_the_order_of_the_run(tmp_path):
    plan = make_plan(tmp_path, config={"strategy": COMBINED}, unbundled=("knowledge_work",))
    assert unbundled_for(plan, 0) == ("knowledge_work",)
    write_comparisons(plan, 0, comparisons(0, 50), ("knowledge_work",))
    assert unbundled_for(plan, 1) == ("topic", "knowledge_work")


def test_a_run_that_does_not_combine_has_nothing_to_take_apart_and_writes_nothing(tmp_path):
    packed = make_plan(tmp_path, config={"strategy": {"pack": 5}}, unbundled=("topic",))
    assert unbundled_for(packed, 0) == ()
    assert read_json(packed.folder.strategy(0)) is None


def test_a_dry_run_decides_without_writing(tmp_path):
    plan = make_plan(tmp_path, config={"strategy": COMBINED}, unbundled=("topic",), dry_run=True)
    assert unbundled_for(plan, 0) == ("topic",)
    assert read_json(plan.folder.strategy(0)) is None


def test_facts_are_written_beside_the_decision_and_written_again_they_count_once(plan):
    for _ in range(2):
        write_comparisons(plan, 0, comparisons(9, 1), ("knowledge_work",))
    assert comparisons_of(plan).shadow == {("topic", AGREE): 9, ("topic", DIFFER): 1}
    assert unbundled_of(plan) == ("knowledge_work",)
    assert unbundled_for(plan, 0) == ("knowledge_work",)


def test_a_plain_run_has_no_facts(tmp_path):
    plain = make_plan(tmp_path)
    write_comparisons(plain, 0, ComparisonCounts(), ())
    assert read_json(plain.folder.strategy(0)) is None


def test_any_shard_that_asked_separately_is_named_once(plan):
    write_comparisons(plan, 0, ComparisonCounts(), ("knowledge_work",))
    write_comparisons(plan, 1, ComparisonCounts(), ("topic", "knowledge_work"))
    assert unbundled_of(plan) == ("topic", "knowledge_work")


@pytest.mark.parametrize(("agreed", "differed", "found"), [(8, 2, False), (7, 3, True), (0, 9, False), (0, 0, False)])
def test_only_a_share_under_the_floor_of_enough_comparisons_disagrees(plan, agreed, differed, found):
    assert ("topic" in disagreeing(comparisons(agreed, differed), plan)) is found


def test_agreement_is_of_the_key_that_is_asked_for():
    counted = {("topic", "named", AGREE): 1, ("topic", "named", DIFFER): 3, ("topic", "passed", AGREE): 50}
    share = agreement(counted, "topic", "named")
    assert (share.share, share.n) == (0.25, 4)
    assert share.low < 0.25 < share.high
    assert agreement(counted, "knowledge_work", "named").n == 0


def test_a_sentence_names_the_share_its_interval_and_the_floor():
    # Wilson's 95% interval of 70 in 100: 0.604 to 0.781.
    assert in_words(agreement({(AGREE,): 70, (DIFFER,): 30}), 0.8) == (
        "its combined answers agree with separate ones in 70.0% of 100 (60.4% to 78.1%), below the floor of 80%"
    )
