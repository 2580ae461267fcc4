import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.steps.gold_draw import draw_gold
from semtel_ops.steps.gold_export import export_gold
from semtel_ops.steps.gold_import import import_gold
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.testing.manual_clock import ManualClock
from tests.support.gold import WEEK, publish_week, settings_of
from tests.support.gold_files import argilla_record, label_studio_annotation, label_studio_task

ADA = "b1a5e5e0-0000-4000-8000-00000000000a"


@pytest.fixture
def draw(tmp_path, ledger_url):
    publish_week(tmp_path)
    return draw_gold(WEEK, settings=settings_of(tmp_path), by="ada", size=10, classifiers=["topic", "knowledge_work"])["draw"]


@pytest.fixture
def ids(draw, ledger):
    return [item.conversation_id for item in GoldLedger(ledger).items(draw)]


def write(tmp_path, rows, name="labels.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(rows))
    return str(path)


def read(tmp_path, file, **given):
    return import_gold(file, settings=settings_of(tmp_path), clock=ManualClock(start=1_795_000_000.0), **given)


def line(conversation, label="health", **more):
    return {"conversation_id": conversation, "classifier": "topic", "person": "ada", "label": label, **more}


def test_labels_are_kept_and_a_second_import_changes_nothing(tmp_path, draw, ids, ledger):
    file = write(
        tmp_path, [line(ids[0], "Health", seconds=3, labelled_at="2026-11-27T10:00:00Z"), line(ids[1], None, skipped=True)]
    )
    manifest = read(tmp_path, file)
    assert (manifest["state"], manifest["labels"], manifest["skipped"], manifest["by_person"]) == ("imported", 1, 1, {"ada": 2})
    first, second = GoldLedger(ledger).labels_of(draw, "topic")
    assert (first.label, first.source, first.seconds, first.labelled_at) == (
        "health",
        "import",
        3.0,
        datetime(2026, 11, 27, 10, tzinfo=UTC),
    )
    assert (second.skipped, second.labelled_at.timestamp()) == (True, 1_795_000_000.0)
    again = read(tmp_path, file)
    assert (again["state"], again["labels"], again["already_there"]) == ("imported", 0, 2)


def test_every_problem_is_named_with_its_line_and_nothing_is_imported(tmp_path, draw, ids, ledger):
    file = write(tmp_path, [
        line(ids[0]),
        line("c999999"),
        line(ids[1], "sickness"),
        line(ids[0], "money"),
        line(ids[2], draw_id="2026-W40-00000000"),
        line(ids[3], classifier="satisfaction"),
        {"conversation_id": ids[4], "classifier": "topic", "label": "health"},
        line(ids[5], labelled_at="yesterday"),
        {"no": "id"},
    ])  # fmt: skip
    manifest = read(tmp_path, file)
    assert (manifest["state"], manifest["labels"], manifest["problem_count"]) == ("refused", 0, 8)
    said = {one["where"]: one["reason"] for one in manifest["problems"]}
    assert said["line 2"] == f"conversation: 'c999999' was not drawn in {draw}"
    assert said["line 3"].startswith("topic: 'sickness' is not a label; one of: technology, entertainment, health")
    assert said["line 4"] == f"label: '{ids[0]}' of topic by ada is there twice, first in line 1"
    assert "name the draw of the file with --draw" in said["line 5"]
    assert "is not part of the draw; one of: topic, knowledge_work" in said["line 6"]
    assert "name the person with --person" in said["line 7"]
    assert "is not a time" in said["line 8"]
    assert said["line 9"] == "has no conversation_id"
    assert GoldLedger(ledger).labels_of(draw, "topic") == []


def test_a_dry_run_checks_and_keeps_nothing(tmp_path, draw, ids, ledger):
    manifest = read(tmp_path, write(tmp_path, [line(ids[0])]), dry_run=True)
    assert (manifest["state"], manifest["labels"]) == ("dry_run", 1)
    assert GoldLedger(ledger).labels_of(draw, "topic") == []


def test_another_label_of_the_same_person_is_only_replaced_when_that_is_asked_for(tmp_path, draw, ids, ledger):
    read(tmp_path, write(tmp_path, [line(ids[0])]))
    file = write(tmp_path, [line(ids[0], "money"), line(ids[1])])
    refused = read(tmp_path, file)
    assert (refused["state"], refused["problem_count"]) == ("refused", 1)
    assert "import with --replace" in refused["problems"][0]["reason"]
    assert read(tmp_path, file, replace=True)["replaced"] == 1
    assert [one.label for one in GoldLedger(ledger).labels_of(draw, "topic")] == ["money", "health"]


def test_the_person_is_named_where_the_file_does_not_and_renamed_where_it_has_an_id(tmp_path, draw, ids, ledger):
    unnamed = {"conversation_id": ids[0], "classifier": "topic", "label": "health"}
    manifest = read(tmp_path, write(tmp_path, [unnamed, line(ids[1], person="10")]), person="ben", people={"10": "eve"})
    assert manifest["by_person"] == {"ben": 1, "eve": 1}


def test_an_export_of_label_studio_comes_in(tmp_path, draw, ids, ledger):
    tasks = [
        label_studio_task(
            1, ids[0], [label_studio_annotation({"topic": ["health"], "knowledge_work": ["yes"]}, by=10)], draw_id=draw
        ),
        label_studio_task(2, ids[1], [label_studio_annotation({}, by=10, cancelled=True)], draw_id=draw),
        label_studio_task(3, ids[2], [], draw_id=draw),
    ]
    manifest = read(tmp_path, write(tmp_path, tasks, "export.json"), people={"10": "ada"})
    assert (manifest["format"], manifest["state"], manifest["labels"], manifest["skipped"]) == (
        "label-studio",
        "imported",
        2,
        2,
    )
    gold = GoldLedger(ledger)
    assert [(one.conversation_id, one.label, one.skipped) for one in gold.labels_of(draw, "topic")] == [
        (ids[0], "health", False), (ids[1], None, True),
    ]  # fmt: skip
    assert gold.labels_of(draw, "knowledge_work")[0].seconds == 7.5


def test_a_folder_of_argilla_comes_in(tmp_path, draw, ids, ledger):
    manifest = export_gold(settings=settings_of(tmp_path), out=f"{tmp_path}/argilla", form="argilla", with_text=True)
    records = Path(manifest["files"][0])
    answered = [
        {**one, "responses": {"topic": [{"value": "health", "user_id": ADA}]}} for one in json.loads(records.read_text())
    ]
    records.write_text(json.dumps(answered))
    manifest = read(tmp_path, f"{tmp_path}/argilla", people={ADA: "ada"})
    assert (manifest["format"], manifest["labels"], manifest["by_person"]) == ("argilla", 10, {"ada": 10})
    assert {one.person for one in GoldLedger(ledger).labels_of(draw, "topic")} == {"ada"}


def test_labels_that_went_out_come_into_a_draw_of_another_ledger_as_they_were(tmp_path, draw, ids, ledger):
    read(tmp_path, write(tmp_path, [line(one) for one in ids]))
    out = export_gold(settings=settings_of(tmp_path), out=f"{tmp_path}/out", form="labels")
    again = read(tmp_path, out["files"][0])
    assert (again["state"], again["already_there"]) == ("imported", 10)


def test_no_text_of_a_file_is_in_what_is_said_of_it(tmp_path, draw, ids):
    secret = "My account number is 4711 and I am very unhappy with the answer I got from you"
    manifest = read(
        tmp_path,
        write(tmp_path, [line(ids[0], secret), line(secret), {**argilla_record(ids[0], {}), "conversation_id": ids[0]}]),
    )
    assert "account" not in json.dumps(manifest)


def test_a_format_that_the_file_does_not_have_is_one_line(tmp_path, draw, ids):
    with pytest.raises(ConfigError, match="is not a file of the format argilla"):
        read(tmp_path, write(tmp_path, [line(ids[0]), line(ids[1])]), form="argilla")
