"""The builder on hand-made numbers: 100 conversations of weight 1, so a share is a count out of 100."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from semtel_ops.bridging import Agreed, Part
from semtel_ops.bridging.relabelled import BuiltBridge, Relabelled
from semtel_ops.evaluation.intervals import difference, share_of
from semtel_ops.report.build import WeekData, build_report
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.model import Check, EndpointUse, Shortening, Totals
from semtel_ops.report.row_sums import RowSums
from semtel_ops.report.shares import LabelShare, SliceShare
from semtel_ops.store.ledger_rows import RunRecord, WeeklyShare
from semtel_ops.store.ledger_tables import RunState

WEEK, BEFORE, EARLIER = "2026-W47", "2026-W46", "2026-W45"
TOPIC = ClassifierInfo("topic", "Topic", version="1.0.0", names={"money": "Money", "health": "Health", "career": "Career"})
EXPERTISE = ClassifierInfo(
    "user_expertise", "User expertise", version="1.0.0", names={"novice": "Novice", "expert": "Expert"}, ordered=True
)
SATISFACTION = ClassifierInfo("satisfaction", "Satisfaction", version="1.0.0", ordered=True)


def label_shares(info, level="label", **counts):
    return [LabelShare(info.id, level, label, n, float(n), share_of(n, 100, 100, 100)) for label, n in counts.items()]


def weekly_shares(week, info, version="1.0.0", **counts):
    rows = label_shares(info, **counts)
    return [
        WeeklyShare(
            week=week, run_id="r", classifier=row.classifier, level=row.level, label=row.label, n=row.n, total_n=row.share.n,
            effective_n=row.share.effective_n, weight=row.weight, share=row.share.share, low=row.share.low,
            high=row.share.high, classifier_version=version,
        )
        for row in rows
    ]  # fmt: skip


def slice_share(by, by_label, label, n, of):
    return SliceShare("satisfaction", by.id, by_label, label, n, float(n), share_of(n, of, of, of))


def record(**fields):
    absent = dict.fromkeys(RunRecord.__slots__)
    return RunRecord(**{**absent, "week": WEEK, "run_id": "r", "state": RunState.PUBLISHED, **fields})


@pytest.fixture
def build():
    def build_week(**given):
        data = {
            "week": WEEK, "run_id": "r", "now": datetime(2026, 11, 23, 4, tzinfo=UTC), "record": None, "state": "published",
            "verdict": "passed", "simulated": False, "totals": Totals(), "checks": [], "classifiers": [TOPIC],
            "sums": RowSums(), "history": [],
        }  # fmt: skip
        return build_report(WeekData(**{**data, **given}))

    return build_week


def labels(section):
    return [row.label for row in section.rows]


def test_a_report_covers_monday_to_sunday_and_is_dated_in_utc(build):
    report = build(now=datetime(2026, 11, 23, 6, tzinfo=timezone(timedelta(hours=2))))
    assert (report.start, report.last_day) == (datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
    assert report.generated_at == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert report.generated_at.utcoffset() == timedelta(0)


def test_the_ledgers_record_adds_message_start_predecessor_and_configuration(build):
    started = datetime(2026, 11, 23, 3, tzinfo=UTC)
    report = build(record=record(message="why", started_at=started, supersedes="first", config_fingerprint="5e1f"))
    assert (report.message, report.started_at) == ("why", started)
    assert (report.supersedes, report.config_fingerprint) == ("first", "5e1f")
    without = build()
    assert (without.message, without.started_at, without.supersedes, without.config_fingerprint) == (None,) * 4


def test_state_and_verdict_are_the_readers_and_not_those_of_the_record(build):
    report = build(record=record(state=RunState.RUNNING, verdict=None), state="stopped", verdict="stop")
    assert (report.state, report.verdict) == ("stopped", "stop")


def test_labels_come_by_size_and_equal_ones_by_name_whatever_their_order_was(build):
    sums = RowSums(shares=label_shares(TOPIC, health=20, money=60, career=20))
    [section] = build(sums=sums).classifiers
    assert labels(section) == ["money", "career", "health"]
    assert section.n == 100


def test_levels_come_in_the_order_of_the_prompt_file_and_unknown_ones_last(build):
    sums = RowSums(shares=label_shares(EXPERTISE, guru=50, expert=30, novice=20))
    [section] = build(classifiers=[EXPERTISE], sums=sums).classifiers
    assert labels(section) == ["novice", "expert", "guru"]


def test_groups_and_items_are_apart_from_labels_and_never_compared(build):
    shares = [
        *label_shares(TOPIC, money=100), *label_shares(TOPIC, "group", low=40, high=60), *label_shares(TOPIC, "item", thanks=5),
    ]  # fmt: skip
    [section] = build(sums=RowSums(shares=shares), history=weekly_shares(BEFORE, TOPIC, money=90, low=10)).classifiers
    assert labels(section) == ["money"]
    assert [row.label for row in section.groups] == ["high", "low"]
    assert [row.label for row in section.items] == ["thanks"]
    assert all(row.change is None for row in (*section.groups, *section.items))


def test_sections_keep_the_order_of_the_classifiers_and_those_without_rows_are_left_out(build):
    sums = RowSums(
        shares=[*label_shares(TOPIC, money=100), *label_shares(EXPERTISE, expert=100)],
        by_status={"satisfaction": {"error": 3}},
        matched_by={"topic": {"exact": 100}},
        scores={"topic": 0.5},
    )
    absent = ClassifierInfo("absent", "Absent")
    report = build(classifiers=[EXPERTISE, absent, SATISFACTION, TOPIC], sums=sums)
    assert [section.info.id for section in report.classifiers] == ["user_expertise", "satisfaction", "topic"]
    _expertise, failed, topic = report.classifiers
    assert (failed.n, failed.rows, failed.by_status, failed.mean_score) == (0, (), {"error": 3}, None)
    assert (topic.matched_by, topic.mean_score) == ({"exact": 100}, 0.5)


def test_a_week_is_compared_with_the_last_published_week_alone(build):
    history = [*weekly_shares(BEFORE, TOPIC, money=60, health=40), *weekly_shares(EARLIER, TOPIC, money=10, career=90)]
    report = build(sums=RowSums(shares=label_shares(TOPIC, money=20, health=80)), history=history)
    assert report.previous_week == BEFORE
    health, money = report.classifiers[0].rows
    assert money.previous.share == pytest.approx(0.6)
    assert money.change == difference(money.share, money.previous)
    assert money.is_real
    assert health.change.change == pytest.approx(0.4)
    assert [row.label for _section, row in report.changes] == ["health", "money"]


def test_a_classifier_that_the_last_week_lacks_is_not_compared_with_an_earlier_week(build):
    history = [*weekly_shares(BEFORE, EXPERTISE, novice=100), *weekly_shares(EARLIER, TOPIC, money=100)]
    report = build(sums=RowSums(shares=label_shares(TOPIC, money=20, health=80)), history=history)
    assert report.previous_week == BEFORE
    assert report.classifiers[0].not_compared == "no earlier published week"
    assert report.changes == ()


def test_a_changed_definition_is_not_compared(build):
    history = weekly_shares(BEFORE, TOPIC, version="0.9.0", money=100)
    report = build(sums=RowSums(shares=label_shares(TOPIC, money=20, health=80)), history=history)
    assert report.classifiers[0].not_compared == "the definition changed from version 0.9.0 to 1.0.0"
    assert report.changes == ()


def by(labeller, model="mini"):
    return {"topic": [Part(labeller, model, model, "1.0.0", 100.0)]}


def changed_labeller(**given):
    """A week of 100 by luna after a week of 100 by mini, the share of money 60 → 20."""
    history = weekly_shares(BEFORE, TOPIC, money=60, health=40)
    sums = RowSums(shares=label_shares(TOPIC, money=20, health=80), labellers=by("b", "luna"))
    return {"history": history, "sums": sums, "past_labellers": {BEFORE: by("a")}, **given}


def test_a_week_of_another_labeller_has_no_change_but_a_reason(build):
    [section] = build(**changed_labeller()).classifiers
    assert section.not_compared == "the labeller changed from mini to luna"
    assert all(row.change is None and row.previous is None for row in section.rows)
    assert [part.name for part in section.labellers] == ["luna"]


def test_a_labeller_that_an_alignment_found_to_be_the_same_is_compared(build):
    [section] = build(**changed_labeller(agreed=Agreed.of([("a", "b")]))).classifiers
    assert section.not_compared is None
    assert section.rows[1].change.change == pytest.approx(-0.4)


def test_over_a_bridge_the_labellers_part_is_taken_out_of_the_change(build):
    # Of 100 rows of last week, luna gives money 60 - 40 = 20 times: the change of -40 points is hers, and the users did nothing.
    rows = (
        Relabelled(frozenset({"money"}), frozenset({"money"}), 1.0, 20),
        Relabelled(frozenset({"money"}), frozenset({"health"}), 1.0, 40),
        Relabelled(frozenset({"health"}), frozenset({"health"}), 1.0, 40),
    )
    bridge = BuiltBridge("topic", BEFORE, "a", "b", rows)
    [section] = build(**changed_labeller(bridges={"topic": bridge})).classifiers
    assert section.not_compared is None
    assert (section.bridge.rows, section.bridge.before, section.bridge.now) == (100, "mini", "luna")
    _health, money = section.rows
    assert money.bridged.published.share == pytest.approx(0.6)
    assert money.bridged.change.labeller.change == pytest.approx(-0.4)
    assert money.labeller_is_real
    assert money.previous.share == pytest.approx(0.2)
    assert money.change.change == pytest.approx(0.0)
    assert not money.is_real


def test_a_bridge_between_other_labellers_is_not_used(build):
    bridge = BuiltBridge("topic", BEFORE, "a", "c", (Relabelled(frozenset({"money"}), frozenset({"money"}), 1.0, 100),))
    [section] = build(**changed_labeller(bridges={"topic": bridge})).classifiers
    assert section.not_compared == "the labeller changed from mini to luna; no bridge: other labellers labelled its rows"


def test_why_there_is_no_bridge_is_said(build):
    bridge = BuiltBridge("topic", BEFORE, "a", "", why_not="the conversations of 2026-W46 are not in the lake any more")
    [section] = build(**changed_labeller(bridges={"topic": bridge})).classifiers
    assert section.not_compared.endswith("no bridge: the conversations of 2026-W46 are not in the lake any more")


def test_the_trend_has_only_weeks_that_this_one_may_be_compared_with(build):
    history = [*weekly_shares(BEFORE, TOPIC, money=60), *weekly_shares(EARLIER, TOPIC, money=10)]
    sums = RowSums(shares=label_shares(TOPIC, money=30), labellers=by("b"))
    report = build(sums=sums, history=history, past_labellers={BEFORE: by("b"), EARLIER: by("a")})
    assert list(report.trend["topic"]) == [BEFORE, WEEK]


def test_all_changes_of_a_report_are_judged_together(build):
    # 60 → 75 of 100 and 40 → 25 of 100 each have p = 0.023 (two proportions, z = 0.15 / sqrt(0.675 · 0.325 · 2 / 100) = 2.26).
    # Holm's first bar for two changes is 0.025, for four it is 0.0125.
    topic, before = label_shares(TOPIC, money=75, health=25), weekly_shares(BEFORE, TOPIC, money=60, health=40)
    alone = build(sums=RowSums(shares=topic), history=before)
    assert all(row.is_real for _section, row in alone.changes)
    same = {"novice": 50, "expert": 50}
    together = build(
        classifiers=[TOPIC, EXPERTISE],
        sums=RowSums(shares=[*topic, *label_shares(EXPERTISE, **same)]),
        history=[*before, *weekly_shares(BEFORE, EXPERTISE, **same)],
    )
    assert not any(row.is_real for _section, row in together.changes)


def test_the_trend_has_every_week_oldest_first_and_only_labels(build):
    history = [*weekly_shares(BEFORE, TOPIC, money=60, health=40), *weekly_shares(EARLIER, TOPIC, money=10)]
    shares = [*label_shares(TOPIC, money=30), *label_shares(TOPIC, "group", low=40)]
    trend = build(sums=RowSums(shares=shares), history=history).trend
    assert list(trend["topic"]) == [EARLIER, BEFORE, WEEK]
    assert trend["topic"] == {EARLIER: {"money": 0.1}, BEFORE: {"money": 0.6, "health": 0.4}, WEEK: {"money": 0.3}}


def test_slices_by_levels_come_in_their_order_and_others_by_size(build):
    slices = [
        slice_share(EXPERTISE, "expert", "satisfied", 50, 60), slice_share(EXPERTISE, "novice", "satisfied", 10, 40),
        slice_share(TOPIC, "money", "satisfied", 10, 40), slice_share(TOPIC, "health", "satisfied", 50, 60),
        slice_share(TOPIC, "health", "dissatisfied", 10, 60),
    ]  # fmt: skip
    sums = RowSums(slices=slices, hidden={("satisfaction", "user_expertise"): 0, ("satisfaction", "topic"): 2}, min_slice=30)
    by_expertise, by_topic = build(classifiers=[TOPIC, EXPERTISE, SATISFACTION], sums=sums).slices
    assert [row.label for row in by_expertise.rows] == ["novice", "expert"]
    assert [(row.label, row.name, row.n) for row in by_topic.rows] == [("health", "Health", 60), ("money", "Money", 40)]
    assert list(by_topic.rows[0].shares) == ["satisfied", "dissatisfied"]
    assert (by_topic.title, by_topic.by_title, by_topic.hidden, by_topic.floor) == ("Satisfaction", "Topic", 2, 30)


def test_slices_that_are_all_hidden_are_still_reported(build):
    sums = RowSums(hidden={("satisfaction", "topic"): 4, ("satisfaction", "user_expertise"): 0}, min_slice=30)
    [section] = build(classifiers=[TOPIC, EXPERTISE, SATISFACTION], sums=sums).slices
    assert (section.by_classifier, section.rows, section.hidden) == ("topic", (), 4)


def test_slices_of_a_classifier_that_is_not_in_the_report_are_left_out(build):
    sums = RowSums(slices=[slice_share(TOPIC, "money", "satisfied", 10, 40)])
    assert build(classifiers=[TOPIC], sums=sums).slices == ()


def test_endpoints_shortening_totals_and_checks_are_passed_on(build):
    use = EndpointUse("east", "m", "realtime", 5, 1, 1, None, None, None)
    check = Check("a", "", passed=True, effect="stop", observed="", expected="", classifier=None, notes="")
    totals, shortening = Totals(sampled=5), Shortening(5, 0, 0, 1.0)
    report = build(sums=RowSums(endpoints=[use], shortening=shortening), totals=totals, checks=[check])
    assert (report.endpoints, report.shortening, report.totals, report.checks) == ((use,), shortening, totals, (check,))


def test_a_week_without_any_number_has_a_report(build):
    report = build(classifiers=[])
    assert (report.classifiers, report.slices, report.changes, report.trend, report.previous_week) == ((), (), (), {}, None)
