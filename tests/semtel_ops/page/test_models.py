import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from sqlalchemy import delete, insert, select, update

from semtel_ops.page import NotThereError, PageContext
from semtel_ops.page.models import ALIGNMENTS_SHOWN, labellers_timeline, models_view, names_of
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer, GoldDraw, GoldItem, GoldLabel, Stratum
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from tests.support.ledger_year import CLASSIFIERS, LAST_WEEK, write_year
from tests.support.year_of_labellers import (
    ASKED,
    ASKED_NOW,
    FIRST,
    MOVED,
    RETIRES,
    SUCCESSOR,
    bridged_week,
    labeller_of,
)

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path, project_root):
    """A ledger of six weeks that a test changes."""
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        write_year(opened, weeks=6, prompts=project_root / "include/prompts")
        yield opened


@pytest.fixture
def read(tmp_path, project_root):
    return lambda: PageContext(open_to_read(f"sqlite:///{tmp_path}/ledger.db"), None, project_root / "include/prompts")


def of(view, classifier="topic"):
    return next(shown for shown in view["classifiers"] if shown["id"] == classifier)


def test_every_classifier_has_its_labeller_of_the_last_week_since_when_and_for_how_long(source, weeks):
    view = models_view(source, TODAY)
    assert view["week"] == weeks[-1]
    assert [shown["id"] for shown in view["classifiers"]] == list(CLASSIFIERS)
    for shown in view["classifiers"]:
        (now,) = shown["now"]
        assert (now["served_model"], now["model"], now["part"]) == (SUCCESSOR, ASKED_NOW, 1.0)
        assert (now["first"], now["last"], now["weeks"]) == (bridged_week(weeks), weeks[-1], 3)
        assert [labeller["served_model"] for labeller in shown["all"]] == [FIRST, MOVED, SUCCESSOR]
        assert [one["verdict"] for one in shown["breaks"]] == ["none", "bridge"]
    assert of(view)["now"][0]["settings"] == {"temperature": 0.0, "pack": 1, "combine": False}


def test_a_name_has_its_last_day_where_it_is_known_and_the_days_until_then(source):
    (model,) = models_view(source, TODAY)["models"]
    assert (model["model"], model["classifiers"]) == (ASKED_NOW, len(CLASSIFIERS))
    east, west = model["endpoints"]
    # 28 November to 10 January: 2 + 31 + 10 days
    assert (east["endpoint"], east["shutdown_date"], east["days_left"]) == ("east", RETIRES, 43)
    assert (west["shutdown_date"], west["days_left"], west["source"]) == (None, None, "none")


def test_all_models_that_answered_behind_a_name_are_listed_the_latest_first(ledger, read):
    with ledger.write() as connection:
        connection.execute(update(tables.weekly_labeller).values(model=ASKED))
    (model,) = models_view(read(), TODAY)["models"]
    assert [(row["served_model"], row["weeks"]) for row in model["served"]] == [(SUCCESSOR, 3), (FIRST, 3)]


def test_the_last_alignment_comes_first_and_only_the_latest_are_listed(ledger, read):
    with ledger.write() as connection:
        row = dict(
            connection.execute(select(tables.alignment).where(tables.alignment.c.classifier == "topic")).mappings().one()
        )
        later = [
            {**row, "alignment_id": f"a{at}", "verdict": "worse", "measured_at": row["measured_at"] + timedelta(days=at)}
            for at in range(1, 10)
        ]
        connection.execute(insert(tables.alignment), later)
    shown = of(models_view(read(), TODAY))["alignments"]
    assert [one["alignment_id"] for one in shown] == [f"a{at}" for at in range(9, 9 - ALIGNMENTS_SHOWN, -1)]
    assert shown[0]["verdict"] == "worse"


def test_sentinels_show_their_last_day_and_whether_they_alarmed(ledger, read):
    days = tables.sentinel_day
    with ledger.write() as connection:
        last = connection.execute(select(days.c.day).order_by(days.c.day.desc()).limit(1)).scalar_one()
        mine = (days.c.classifier == "topic") & (days.c.day == last)
        connection.execute(update(days).where(mine).values(alarmed=True, e_value=37.1, flips=15))
    view = models_view(read(), TODAY)
    (day,) = of(view)["sentinels"]
    assert (day["day"], day["alarmed"], day["e_value"], day["flips"]) == (last, True, 37.1, 15)
    assert not of(view, "user_intent")["sentinels"][0]["alarmed"]
    assert "sentinels" in view["warnings"][0]["heading"]


def label_by_people(ledger, week, labeller, said: Sequence[tuple[str, str]]):
    """Gold labels of a draw: what a person said and what the labeller said of each conversation."""
    ids = [f"c{at}" for at in range(len(said))]
    draw = GoldDraw(
        f"{week}-{labeller}", week, "run", "salt", len(ids), len(ids), 1_000, ("topic",), (Stratum("", 1_000, len(ids)),), (),
        0.0, NOW, "ada",
    )  # fmt: skip
    items = [GoldItem(draw.draw_id, one, at, "", 0.02, 1.0, 0, False, week, "run") for at, one in enumerate(ids)]
    answers = [
        GoldAnswer(draw.draw_id, one, "topic", "run", llm, None, labeller, "m", "1", NOW)
        for one, (_, llm) in zip(ids, said, strict=True)
    ]
    labels = [
        GoldLabel(draw.draw_id, one, "topic", "ada", person, None, False, "page", 4.0, NOW)
        for one, (person, _) in zip(ids, said, strict=True)
    ]
    gold = GoldLedger(ledger)
    gold.save_draw(draw, items, answers)
    gold.save_labels(labels)


def test_gold_is_the_agreement_of_the_last_weeks_labeller_with_people(ledger, read):
    said = [("money", "money")] * 20 + [("money", "health")] * 5 + [("health", "money")] * 10 + [("health", "health")] * 15
    label_by_people(ledger, LAST_WEEK, labeller_of("topic", SUCCESSOR), said)
    label_by_people(ledger, "2026-W45", labeller_of("topic", MOVED), [("money", "health")] * 10)
    view = models_view(read(), TODAY)
    gold = of(view)["gold"]
    # 35 of 50 agree; chance: 25/50 · 30/50 + 25/50 · 20/50 = 0.5, so kappa is (0.7 - 0.5) / 0.5 = 0.4
    assert (gold["n"], gold["agreement"]) == (50, 0.7)
    assert gold["kappa"] == pytest.approx(0.4)
    assert gold["low"] < 0.7 < gold["high"]
    assert of(view, "user_intent")["gold"] is None


def test_gold_of_another_labeller_alone_is_none(ledger, read):
    label_by_people(ledger, LAST_WEEK, labeller_of("topic", MOVED), [("money", "money")] * 10)
    assert of(models_view(read(), TODAY))["gold"] is None


def test_a_ledger_of_an_earlier_release_has_no_labellers_and_an_empty_view(ledger, read):
    with ledger.write() as connection:
        connection.execute(delete(tables.weekly_labeller))
    view = models_view(read(), TODAY)
    assert (view["classifiers"], view["models"], view["warnings"]) == ([], [], [])
    with pytest.raises(NotThereError, match="no labeller"):
        labellers_timeline(read(), "topic")


def test_settings_that_cannot_be_read_are_left_out(ledger, read):
    for text in ("not JSON", "[]", '{"strategy": 1}'):
        with ledger.write() as connection:
            connection.execute(update(tables.labeller).values(settings=text))
        assert of(models_view(read(), TODAY))["now"][0]["settings"] == {}


def test_labellers_of_the_same_name_are_told_apart(source):
    known = [record for record in LabellerLedger(source.ledger).labellers() if record.classifier == "topic"]
    assert sorted(names_of(known).values()) == sorted(f"{served}, prompt 1" for served in (FIRST, MOVED, SUCCESSOR))
    twice = [known[0], replace(known[0], labeller="x")]
    assert len(set(names_of(twice).values())) == 2


@pytest.mark.slow
def test_a_year_takes_a_moment_and_a_few_kilobytes(tmp_path, project_root):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        write_year(opened, prompts=project_root / "include/prompts")
    source = PageContext(open_to_read(f"sqlite:///{tmp_path}/ledger.db"), None, project_root / "include/prompts")
    models_view(source, TODAY)
    start = time.perf_counter()
    view = models_view(source, TODAY)
    assert time.perf_counter() - start < 2
    assert len(orjson.dumps(view)) < 60_000
