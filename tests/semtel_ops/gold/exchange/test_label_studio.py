import json
from pathlib import Path
from xml.etree import ElementTree as ET

from semtel_ops.gold.exchange import Problem, label_studio
from tests.support.gold_files import label_studio_annotation as annotation
from tests.support.gold_files import label_studio_task as task


def write(tmp_path, tasks):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    return path


def test_tasks_have_the_conversation_as_a_dialogue_and_the_configuration_shows_it(tmp_path, tasks, questions):
    path, config = label_studio.write(str(tmp_path), tasks, list(questions.values()))
    data = [one["data"] for one in json.loads(Path(path).read_text(encoding="utf-8"))]
    assert [(one["conversation_id"], one["draw_id"]) for one in data] == [("c0", "d"), ("c1", "d")]
    assert data[0]["dialogue"][0] == {"author": "user", "text": tasks[0].turns[0]["content"]}
    view = ET.fromstring(Path(config).read_text(encoding="utf-8"))
    assert view.tag == "View"
    (shown,) = view.findall("Paragraphs")
    assert (shown.get("value"), shown.get("nameKey"), shown.get("textKey")) == ("$dialogue", "author", "text")
    choices = {one.get("name"): one for one in view.findall("Choices")}
    assert {name: (one.get("choice"), one.get("required"), len(one)) for name, one in choices.items()} == {
        "topic": ("single", "true", 10),
        "topics": ("multiple", "true", 10),
        "satisfaction": ("single", "true", 3),
        "satisfaction__items": ("multiple", None, 20),
    }
    first = choices["topic"][0]
    assert (first.get("value"), first.get("alias")) == ("Technology", "technology")
    assert first.get("hint").startswith("Programming")
    assert all(one.get("toName") == "dialogue" for one in choices.values())


def test_annotations_of_two_people_are_read_with_what_they_chose(tmp_path, questions, answers):
    path = write(tmp_path, [
        task(1, "c1", [
            annotation({"topic": ["health"], "topics": ["money", "health"]}, by=10),
            annotation({"topic": ["money"], "satisfaction": ["neutral"], "satisfaction__items": ["gratitude"]}, by={"id": 11, "email": "ben@example.com"}),
        ]),
        task(2, "c2", []),
        task(3, "c3", [annotation({}, by=10, cancelled=True)]),
    ])  # fmt: skip
    found = list(label_studio.read(path, questions))
    assert answers(found) == [
        ("c1", "topic", "10", "health", None, False),
        ("c1", "topics", "10", None, ("money", "health"), False),
        ("c1", "topic", "ben@example.com", "money", None, False),
        ("c1", "satisfaction", "ben@example.com", "neutral", ("gratitude",), False),
        ("c3", None, "10", None, None, True),
    ]
    assert (found[0].seconds, found[0].labelled_at, found[0].draw_id) == (7.5, "2026-11-28T10:02:00.000000Z", "d")
    assert found[2].where == "task 1, annotation 2"


def test_what_is_not_of_the_configuration_is_named_or_left_to_the_check_of_the_classifier(tmp_path, questions):
    path = write(tmp_path, [
        {"id": 1, "topic": "health", "annotator": 1},
        {"id": 2, "data": {"text": "no id"}, "annotations": []},
        task(3, "c3", [annotation({"satisfaction__items": ["gratitude"]})]),
    ])  # fmt: skip
    found = list(label_studio.read(path, questions))
    assert [type(one) for one in found] == [Problem] * 3
    assert "export as JSON, not as JSON-MIN" in found[0].reason
    assert "no conversation_id" in found[1].reason
    assert "has items, and no verdict" in found[2].reason
