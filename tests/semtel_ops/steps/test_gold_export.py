import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_export import draw_of, export_gold
from semtel_ops.store.files import remove
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldLabel
from tests.support.gold import WEEK, publish_week, settings_of, text_of

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def draw(tmp_path, ledger_url):
    publish_week(tmp_path)
    return draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=10)["draw"]


def export(tmp_path, **given):
    return export_gold(settings=settings_of(tmp_path), out=f"{tmp_path}/out", **given)


@pytest.mark.parametrize(("form", "names"), [
    ("jsonl", ["tasks.jsonl", "questions.json"]),
    ("label-studio", ["tasks.json", "config.xml"]),
    ("argilla", ["records.json", "settings.json", "dataset.json"]),
])  # fmt: skip
def test_text_is_only_written_when_that_is_asked_for(tmp_path, draw, form, names):
    with pytest.raises(ConfigError, match="add --with-text"):
        export(tmp_path, form=form)
    assert not (tmp_path / "out").exists()
    manifest = export(tmp_path, form=form, with_text=True)
    assert [Path(url).name for url in manifest["files"]] == names
    assert (manifest["draw"], manifest["conversations"], manifest["without_text"]) == (draw, 10, 0)


def test_the_texts_are_those_of_the_lake_and_no_answer_of_the_model_is_with_them(tmp_path, draw, ledger):
    manifest = export(tmp_path, form="jsonl", with_text=True, classifiers=["topic"])
    lines = [json.loads(line) for line in Path(manifest["files"][0]).read_text().splitlines()]
    drawn = {item.conversation_id: item.position for item in GoldLedger(ledger).items(draw)}
    assert {line["conversation_id"]: line["position"] for line in lines} == drawn
    for line in lines:
        assert line["turns"][0]["content"] == text_of(line["conversation_id"])
        assert line["labels"] == {"topic": None}
        assert set(line) == {"draw_id", "week", "conversation_id", "position", "language", "turns", "person", "labels"}


def test_conversations_whose_text_is_gone_are_counted(tmp_path, draw):
    remove(f"{tmp_path}/lake/conversations/week={WEEK}/shard=0000.parquet")
    manifest = export(tmp_path, with_text=True)
    assert manifest["conversations"] + manifest["without_text"] == 10
    assert manifest["without_text"] > 0


def test_labels_go_out_without_text(tmp_path, draw, ledger):
    gold = GoldLedger(ledger)
    one = gold.items(draw)[0].conversation_id
    gold.save_labels([GoldLabel(draw, one, "topic", "ada", "health", None, False, "page", 2.0, AT)])
    manifest = export(tmp_path, form="labels")
    (line,) = Path(manifest["files"][0]).read_text().splitlines()
    assert json.loads(line) == {
        "draw_id": draw, "conversation_id": one, "classifier": "topic", "person": "ada", "label": "health", "labels": None,
        "skipped": False, "source": "page", "seconds": 2.0, "labelled_at": "2026-11-28T00:00:00+00:00",
    }  # fmt: skip
    assert manifest["labels"] == 1


def test_a_draw_is_the_latest_or_the_one_that_is_named(tmp_path, draw, ledger):
    gold = GoldLedger(ledger)
    later = draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=11)["draw"]
    assert draw_of(gold, None).draw_id == later
    assert draw_of(gold, draw).draw_id == draw
    with pytest.raises(ConfigError, match=f"draw: 'x' does not exist; the latest: .*{draw}"):
        draw_of(gold, "x")


def test_what_there_is_not_is_named(tmp_path, draw):
    with pytest.raises(ConfigError, match="classifiers: 'mood' is not part of draw"):
        export(tmp_path, form="labels", classifiers=["mood"])
    with pytest.raises(ConfigError, match="format: 'csv' is not known; one of: jsonl, label-studio, argilla, labels"):
        export(tmp_path, form="csv")


def test_before_the_first_draw_there_is_nothing_to_export(tmp_path, ledger_url):
    publish_week(tmp_path, conversations=4)
    with pytest.raises(ConfigError, match="nothing was drawn yet; run `semtel gold draw --week WEEK`"):
        export(tmp_path, form="labels")
