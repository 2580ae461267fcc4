import json
from pathlib import Path

from semtel_ops.gold.exchange import Problem, argilla
from tests.support.gold_files import argilla_record as record

ADA, BEN = "b1a5e5e0-0000-4000-8000-00000000000a", "b1a5e5e0-0000-4000-8000-00000000000b"


def write(tmp_path, records):
    path = tmp_path / "records.json"
    path.write_text(json.dumps(records))
    return path


def test_the_folder_has_what_from_disk_reads(tmp_path, tasks, questions):
    urls = argilla.write(str(tmp_path), tasks, list(questions.values()), draw_id="2026-W47-1f0c9a2b", people=2)
    assert [Path(url).relative_to(tmp_path).as_posix() for url in urls] == [
        "records.json",
        ".argilla/settings.json",
        ".argilla/dataset.json",
    ]
    records, settings, dataset = (json.loads(Path(url).read_text()) for url in urls)
    assert [one["id"] for one in records] == ["c0", "c1"]
    assert set(records[0]) == {"id", "fields", "metadata", "suggestions", "responses", "vectors", "_server_id"}
    assert records[0]["fields"] == {"conversation": tasks[0].turns}
    assert settings["fields"][0]["settings"] == {"type": "chat", "use_markdown": False}
    asked = {one["name"]: one for one in settings["questions"]}
    assert asked["topic"]["settings"]["type"] == "label_selection"
    assert asked["topics"]["settings"]["type"] == "multi_label_selection"
    assert asked["topic"]["settings"]["options"][0] == {"value": "technology", "text": "Technology"}
    assert [(asked[name]["required"], asked[name]["settings"]["type"]) for name in ("satisfaction", "satisfaction__items")] == [
        (True, "label_selection"), (False, "multi_label_selection"),
    ]  # fmt: skip
    assert (dataset["name"], dataset["distribution"]) == ("2026-W47-1f0c9a2b", {"strategy": "overlap", "min_submitted": 2})
    assert len(dataset["guidelines"]) <= 10_000


def test_responses_of_two_people_are_read(tmp_path, questions, answers):
    path = write(tmp_path, [
        record("c1", {
            "topic": [{"value": "health", "user_id": ADA}, {"value": "money", "user_id": BEN}],
            "topics": [{"value": ["money", "health"], "user_id": ADA}],
            "satisfaction": [{"value": "neutral", "user_id": ADA}],
            "satisfaction__items": [{"value": ["gratitude"], "user_id": ADA}, {"value": [], "user_id": BEN}],
        }),
        record("c2", {}),
    ])  # fmt: skip
    found = list(argilla.read(path, questions))
    assert answers(found) == [
        ("c1", "topic", ADA, "health", None, False),
        ("c1", "topic", BEN, "money", None, False),
        ("c1", "topics", ADA, None, ("money", "health"), False),
        ("c1", "satisfaction", ADA, "neutral", ("gratitude",), False),
    ]
    assert found[0].draw_id == "d"


def test_drafts_are_no_labels_yet_and_discarded_records_are_passed_over(tmp_path, questions, answers):
    given = [
        {"value": "health", "user_id": ADA, "status": "draft"},
        {"value": "health", "user_id": BEN, "status": "discarded"},
        {"value": "money", "user_id": "c", "status": "submitted"},
    ]
    found = list(argilla.read(write(tmp_path, [record("c1", {"topic": given})]), questions))
    assert answers(found) == [("c1", "topic", BEN, None, None, True), ("c1", "topic", "c", "money", None, False)]


def test_what_is_no_record_is_named(tmp_path, questions):
    path = write(tmp_path, ["c1", {"responses": {}}, record("c3", {"topic": [{"value": 7, "user_id": ADA}]})])
    found = list(argilla.read(path, questions))
    assert all(isinstance(one, Problem) for one in found)
    assert [one.where for one in found] == ["record 1", "record 2", "record 3"]
