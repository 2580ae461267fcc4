from collections import Counter

import pytest

from semtel_ops.conversations.sampling import sample_key
from semtel_ops.errors import ConfigError
from semtel_ops.runs.resources import open_settled
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.store.gold_ledger import GoldLedger
from tests.support.gold import WEEK, publish_week, settings_of


@pytest.fixture
def rows(tmp_path, ledger_url):
    return publish_week(tmp_path, conversations=400)


def items_of(ledger, manifest):
    return GoldLedger(ledger).items(manifest["draw"])


def test_a_draw_is_the_conversations_with_the_lowest_hashes(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=40)
    ids = {row["conversation_id"] for row in rows}
    lowest = sorted(ids, key=lambda one: sample_key(one, f"gold {WEEK}"))[:40]
    items = items_of(ledger, manifest)
    assert [item.conversation_id for item in items] == lowest
    assert [item.position for item in items] == list(range(40))
    assert {item.probability for item in items} == {0.1}
    assert (manifest["state"], manifest["drawn"], manifest["population"], manifest["run_id"]) == ("drawn", 40, 400, "manual")
    shard = {row["conversation_id"]: row["shard"] for row in rows}
    assert {item.conversation_id: item.shard for item in items} == {one: shard[one] for one in lowest}
    (draw,) = GoldLedger(ledger).draws(WEEK)
    assert (draw.classifiers, draw.created_by, draw.salt) == (("knowledge_work", "topic"), "ada", f"gold {WEEK}")


def test_what_the_model_said_is_kept_with_the_draw(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=40)
    said = {(row["conversation_id"], row["classifier"]): row["label"] for row in rows}
    for classifier in ("topic", "knowledge_work"):
        answers = GoldLedger(ledger).answers(manifest["draw"], classifier)
        assert len(answers) == 40
        assert all(answer.label == said[answer.conversation_id, classifier] for answer in answers)


def test_the_same_draw_again_changes_nothing_and_a_larger_one_has_the_smaller(tmp_path, rows, ledger):
    settings = settings_of(tmp_path)
    first = draw_gold(WEEK, settings=settings, by="ada", size=40)
    again = draw_gold(WEEK, settings=settings, by="ben", size=40)
    assert (again["state"], again["draw"]) == ("already_drawn", first["draw"])
    larger = draw_gold(WEEK, settings=settings, by="ada", size=80)
    small, large = ({item.conversation_id for item in items_of(ledger, one)} for one in (first, larger))
    assert small < large
    other = draw_gold(WEEK, settings=settings, by="ada", size=40, salt="another")
    assert {item.conversation_id for item in items_of(ledger, other)} != small
    assert len(GoldLedger(ledger).draws()) == 3


def test_a_rare_label_is_drawn_more_often_and_every_probability_is_exact(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=100, rare="topic:health=5")
    said = {row["conversation_id"]: row["label"] for row in rows if row["classifier"] == "topic"}
    sizes = Counter("topic:health" if label == "health" else "" for label in said.values())
    items = items_of(ledger, manifest)
    drawn = Counter(item.stratum for item in items)
    assert {one["name"]: (one["population"], one["drawn"]) for one in manifest["strata"]} == {
        name: (sizes[name], drawn[name]) for name in sizes
    }
    for item in items:
        assert item.stratum == ("topic:health" if said[item.conversation_id] == "health" else "")
        assert item.probability == drawn[item.stratum] / sizes[item.stratum]
    assert drawn["topic:health"] / sizes["topic:health"] == pytest.approx(5 * drawn[""] / sizes[""], rel=0.15)
    first = Counter(item.stratum for item in items[:50])
    assert first["topic:health"] == pytest.approx(drawn["topic:health"] / 2, abs=7), "the order mixes the strata"


@pytest.mark.slow
def test_drawn_many_times_each_conversation_comes_with_its_probability(tmp_path, ledger_url):
    """Over 40 salts, a conversation is drawn 40·π times, within five standard errors."""
    rows = publish_week(tmp_path, conversations=40)
    said = {row["conversation_id"]: row["label"] for row in rows if row["classifier"] == "topic"}
    settings = settings_of(tmp_path)
    times: Counter[str] = Counter()
    probability: dict[str, float] = {}
    for at in range(40):
        manifest = draw_gold(
            WEEK, settings=settings, by="ada", size=12, rare="topic:health=3", salt=f"salt {at}", classifiers=["topic"]
        )
        with open_settled(settings) as ledger:
            for item in GoldLedger(ledger).items(manifest["draw"]):
                times[item.conversation_id] += 1
                probability[item.conversation_id] = item.probability
    for one in said:
        expected = 40 * probability[one]
        assert abs(times[one] - expected) < 5 * (expected * (1 - probability[one])) ** 0.5 + 1


def test_a_dry_run_says_what_would_be_drawn_and_records_nothing(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=40, dry_run=True)
    assert (manifest["state"], manifest["drawn"]) == ("dry_run", 40)
    topics = {one["label"]: one for one in manifest["labels"] if one["classifier"] == "topic"}
    assert set(topics) == {"technology", "health", "writing"}
    assert topics["technology"]["gold_rows"] == pytest.approx(40 * topics["technology"]["share"])
    assert 0 < topics["health"]["half_width"] < 0.2
    assert GoldLedger(ledger).draws() == []


def test_some_conversations_can_go_to_one_person_each(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=200, shared=0.25)
    shared = sum(item.shared for item in items_of(ledger, manifest))
    assert 30 < shared < 70


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"classifiers": ["mood"]}, "classifiers: 'mood' did not label this week; labelled: knowledge_work, topic"),
        ({"rare": "mood:sad=2"}, "rare: 'mood:sad' is of no classifier of the draw; one of: knowledge_work, topic"),
        ({"rare": "topic:sad=2"}, "rare: 'topic:sad' is no label of topic; one of: technology"),
        ({"week": "2026-W01"}, "week: '2026-W01' is not published; published: 2026-W47"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(tmp_path, rows, wrong, said):
    with pytest.raises(ConfigError) as caught:
        draw_gold(**{"week": WEEK, "settings": settings_of(tmp_path), "by": "ada", **wrong})
    assert said in str(caught.value)


def test_a_draw_larger_than_the_week_takes_all_of_it(tmp_path, rows, ledger):
    manifest = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=1_000)
    assert manifest["drawn"] == 400
    assert {item.probability for item in items_of(ledger, manifest)} == {1.0}
