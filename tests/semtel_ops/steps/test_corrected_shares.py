import random

import pytest
from sqlalchemy import text

from semtel_ops.evaluation.gold_pairs import Corrected, Method, Refusal, Refused
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.report.shares import LabelShare
from semtel_ops.steps.corrected_shares import GoldPairs, ShareKey, correct, corrected_columns
from semtel_ops.steps.publish import publish_run
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.landed import make_landed_rows
from tests.support.finished_run import write_finished_run
from tests.support.gold_labels import AT, save_gold
from tests.support.postgres import postgres_schema

WEEK, EARLIER = "2026-W47", "2026-W40"
TOPIC = ClassifierInfo("topic", "Topic", names={"money": "Money", "health": "Health"})
LABELLER, OTHER = "a" * 16, "b" * 16


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    with postgres_schema() as url:
        yield url


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def shares_of(counts, *, level="label", classifier="topic", total=None):
    total = total or sum(counts.values())
    return [LabelShare(classifier, level, label, n, float(n), share_of(n, total, total, total)) for label, n in counts.items()]


def save_answers(ledger, said, *, draw_id, week=WEEK, run_id="manual", labeller=LABELLER, classifier="topic"):
    answers = [
        GoldAnswer(
            draw_id, one, classifier, run_id, label if isinstance(label, str) else label[0],
            None if isinstance(label, str) else tuple(label[1]), labeller, "m", "1.0.0", AT,
        )
        for one, label in said.items()
    ]  # fmt: skip
    GoldLedger(ledger).save_answers(answers)


def save_pairs(ledger, pairs, *, population, week=WEEK, labeller=LABELLER, classifier="topic"):
    """Gold from (what the model said, the truth, rows)."""
    said, truths = {}, {}
    for model, truth, n in pairs:
        for _ in range(n):
            one = f"{week}-{len(said)}"
            said[one], truths[one] = model, truth
    draw_id = save_gold(ledger, truths, population=population, week=week, classifier=classifier)
    save_answers(ledger, said, draw_id=draw_id, week=week, labeller=labeller, classifier=classifier)


def corrections(ledger, shares, *, info=TOPIC, labellers=(LABELLER,)):
    gold = GoldPairs(GoldLedger(ledger))
    return correct(gold, shares, [info], {info.id: list(labellers)}, week=WEEK, run_id="manual")


def test_a_published_week_with_gold_has_the_hand_worked_corrected_share_in_sql(database, tmp_path, monkeypatch):
    # 10,000 rows, 3,200 of them money. Gold of 500: said and true 130, said and not true 20, not said but true 10, neither 340.
    # λ = .8381: θ = .8381·.32 + (.28 - .8381·.30) = .2968; with an imagined row of each error se = .01137, [.2750, .3195].
    monkeypatch.setenv("DATABASE_URL", database)
    rows = make_landed_rows(conversations=10_000, labels={"topic": {"money": 1.0}}, success=1.0)
    for at, row in enumerate(rows):
        row["label"] = "money" if at < 3_200 else "health"
    ids = [row["conversation_id"] for row in rows]
    truths = dict.fromkeys(ids[:130], "money") | dict.fromkeys(ids[130:150], "health")
    truths |= dict.fromkeys(ids[3_200:3_210], "money") | dict.fromkeys(ids[3_210:3_550], "health")
    with open_ledger(database) as ledger:
        save_gold(ledger, truths, population=10_000)
        publish_run(write_finished_run(tmp_path / "lake", rows=rows))
        with ledger.read() as connection:
            found = connection.execute(
                text(
                    "SELECT share, share_corrected, corrected_low, corrected_high, corrected_n, corrected_method, corrected_note "
                    "FROM weekly_share WHERE week = '2026-W47' AND level = 'label' AND label = 'money'"
                )
            ).one()
    assert [round(value, 4) for value in found[:4]] == [0.32, 0.2968, 0.2750, 0.3195]
    assert tuple(found[4:]) == (500, "two_phase", "covers sampling and labelling error; rests on 500 gold rows of this week")


def test_two_phase_shares_of_a_classifier_with_two_labels_add_up_to_one(ledger):
    save_pairs(ledger, [("money", "money", 60), ("money", "health", 10), ("health", "health", 130)], population=2_000)
    found = corrections(ledger, shares_of({"money": 700, "health": 1_300}))
    values = [found[ShareKey("topic", "label", label)].share.share for label in ("money", "health")]
    assert sum(values) == pytest.approx(1.0)


def test_gold_of_another_week_of_the_same_labeller_corrects_by_the_table_of_errors(ledger):
    save_pairs(
        ledger,
        [("money", "money", 170), ("health", "money", 30), ("health", "health", 285), ("money", "health", 15)],
        population=5_000,
        week=EARLIER,
    )
    found = corrections(ledger, shares_of({"money": 600, "health": 1_400}))
    # Sensitivity 170/200 = .85, specificity 285/300 = .95: (.30 + .95 - 1) / .80 = .3125
    money = found[ShareKey("topic", "label", "money")]
    assert (money.method, round(money.share.share, 4), money.n_gold) == (Method.MATRIX, 0.3125, 500)


@pytest.mark.parametrize(
    ("labellers", "of_gold", "refusal"),
    [
        ((LABELLER,), OTHER, Refusal.OTHER_LABELLER),
        ((LABELLER, OTHER), LABELLER, Refusal.SEVERAL_LABELLERS),
        (("",), LABELLER, Refusal.OTHER_LABELLER),
        (("",), None, Refusal.OTHER_LABELLER),
    ],
)
def test_gold_of_another_week_is_refused_unless_one_known_labeller_gave_both(ledger, labellers, of_gold, refusal):
    save_pairs(ledger, [("money", "money", 50), ("health", "health", 50)], population=500, week=EARLIER, labeller=of_gold)
    found = corrections(ledger, shares_of({"money": 600, "health": 1_400}), labellers=labellers)
    assert {one.refusal for one in found.values()} == {refusal}


def test_gold_of_the_week_corrects_whoever_labelled_it(ledger):
    save_pairs(ledger, [("money", "money", 30), ("health", "health", 60)], population=2_000)
    found = corrections(ledger, shares_of({"money": 600, "health": 1_400}), labellers=(LABELLER, OTHER))
    assert all(isinstance(one, Corrected) for one in found.values())


def test_gold_of_the_week_counts_only_with_the_answers_of_its_published_run(ledger):
    draw_id = save_gold(ledger, {f"c{at}": "money" for at in range(60)}, population=500)
    save_answers(ledger, {f"c{at}": "health" for at in range(60)}, draw_id=draw_id, run_id="superseded")
    [found] = corrections(ledger, shares_of({"health": 500})).values()
    assert found.refusal is Refusal.NO_GOLD


def test_conversations_without_a_label_by_the_model_do_not_count_as_gold_rows(ledger):
    draw_id = save_gold(ledger, {f"c{at}": "money" for at in range(60)}, population=500)
    answers = [
        GoldAnswer(draw_id, f"c{at}", "topic", "manual", "money" if at < 40 else None, None, LABELLER, "m", "1", AT)
        for at in range(60)
    ]
    GoldLedger(ledger).save_answers(answers)
    [found] = corrections(ledger, shares_of({"money": 500})).values()
    assert found.n_gold == 40


def test_groups_are_corrected_like_labels(ledger):
    groups = {"remember": "low", "apply": "low", "create": "high"}
    info = ClassifierInfo("task_complexity", "Task", names={one: one for one in groups}, groups=groups)
    # Errors between labels of a group are none of the group's: 10 of 90 low ones are high in truth.
    pairs = [("remember", "apply", 40), ("apply", "apply", 40), ("apply", "create", 10), ("create", "create", 30)]
    save_pairs(ledger, pairs, population=1_200, classifier="task_complexity")
    shares = shares_of({"low": 900, "high": 300}, level="group", classifier="task_complexity")
    found = corrections(ledger, shares, info=info)
    # Full population scaled from gold: high = 40/120, as the raw share of the gold rows equals that of the week.
    assert found[ShareKey("task_complexity", "group", "high")].share.share == pytest.approx(40 / 120, abs=1e-9)
    assert found[ShareKey("task_complexity", "group", "low")].share.share == pytest.approx(80 / 120, abs=1e-9)


RUBRIC = ClassifierInfo(
    "satisfaction", "Satisfaction", names={"satisfied": "Satisfied", "neutral": "Neutral"}, items={"thanks": "Thanks", "errors": "Errors"}
)  # fmt: skip


def save_rubric(ledger, items, *, people=("ada",)):
    truths = {f"c{at}": ("satisfied", items if at < 30 else ()) for at in range(60)}
    draw_id = save_gold(ledger, truths, population=600, classifier="satisfaction", people=people)
    said = {one: ("satisfied", ("thanks",) if at < 20 else ()) for at, one in enumerate(truths)}
    save_answers(ledger, said, draw_id=draw_id, classifier="satisfaction")


def test_rubric_items_are_corrected_by_the_items_that_people_gave(ledger):
    save_rubric(ledger, ("thanks",))
    shares = shares_of({"thanks": 200}, level="item", classifier="satisfaction", total=600)
    found = corrections(ledger, shares, info=RUBRIC)
    # The model says it of 20 of 60 gold rows as of 200 of 600; in truth it is 30 of 60.
    assert found[ShareKey("satisfaction", "item", "thanks")].share.share == pytest.approx(0.5)


def test_rubric_items_are_not_corrected_where_people_gave_only_verdicts(ledger):
    save_rubric(ledger, ())
    shares = shares_of({"thanks": 200}, level="item", classifier="satisfaction", total=600)
    [found] = corrections(ledger, shares, info=RUBRIC).values()
    assert found.note == "covers sampling error, not labelling error: people gave verdicts, but no rubric items"


def test_a_label_that_only_people_gave_takes_part_in_the_correction_of_the_others(ledger):
    save_pairs(
        ledger,
        [("money", "money", 100), ("money", "career", 40), ("health", "health", 100)],
        population=5_000,
        week=EARLIER,
    )
    found = corrections(ledger, shares_of({"money": 1_000, "health": 1_000}))
    assert found.keys() == {ShareKey("topic", "label", "money"), ShareKey("topic", "label", "health")}


def test_gold_rows_of_other_weeks_are_read_once_for_all_weeks(ledger, monkeypatch):
    save_pairs(ledger, [("money", "money", 50), ("health", "health", 50)], population=500, week=EARLIER)
    gold = GoldPairs(GoldLedger(ledger))
    read = []
    labels = GoldLedger.labels
    monkeypatch.setattr(GoldLedger, "labels", lambda self, *of, **how: read.append(how) or labels(self, *of, **how))
    for week in ("2026-W45", "2026-W46", "2026-W47"):
        correct(gold, shares_of({"money": 50, "health": 50}), [TOPIC], {"topic": [LABELLER]}, week=week, run_id="manual")
    assert [how for how in read if "week" not in how] == [{"labeller": LABELLER}]


def test_a_refusal_has_a_note_and_no_figures():
    columns = corrected_columns(Refused(Refusal.NO_GOLD, "no gold rows of this week or this labeller"))
    assert columns.pop("corrected_note").endswith("no gold rows of this week or this labeller")
    assert set(columns.values()) == {None}


def test_corrected_intervals_of_simulated_weeks_cover_the_truth(ledger):
    """Sensitivity .85, specificity .95, true share .30 of 2,000 rows, 200 gold rows, 40 weeks through the ledger's reader.

    A right method covers at least 34 of 40 in all but 0.3 % of seeds (Bin(40, .95)). The raw interval leaves out a bias of a
    tenth, and a standard error.
    """
    rng = random.Random(13)
    covered = raw_covered = 0
    for number in range(40):
        week = f"2025-W{number + 1:02}"
        truths = {f"{week}-{at}": rng.random() < 0.3 for at in range(2_000)}
        said = {one: rng.random() < (0.85 if truth else 0.05) for one, truth in truths.items()}
        words = {True: "money", False: "health"}
        drawn = rng.sample(sorted(truths), 200)
        draw_id = save_gold(ledger, {one: words[truths[one]] for one in drawn}, population=2_000, week=week)
        save_answers(ledger, {one: words[said[one]] for one in drawn}, draw_id=draw_id, week=week)
        [share, _] = shares = shares_of({"money": sum(said.values()), "health": 2_000 - sum(said.values())})
        found = correct(GoldPairs(GoldLedger(ledger)), shares, [TOPIC], {}, week=week, run_id="manual")
        interval = found[ShareKey("topic", "label", "money")].share
        covered += interval.low <= 0.3 <= interval.high
        raw_covered += share.share.low <= 0.3 <= share.share.high
    assert covered >= 34
    assert raw_covered < covered
