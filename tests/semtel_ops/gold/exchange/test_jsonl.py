import json
from pathlib import Path

from semtel_ops.gold.exchange import Problem, jsonl


def test_a_conversation_is_a_line_with_labels_to_fill_in(tmp_path, tasks, questions):
    path, described = jsonl.write(str(tmp_path), tasks, list(questions.values()))
    lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert [line["conversation_id"] for line in lines] == ["c0", "c1"]
    assert lines[0]["turns"] == tasks[0].turns
    assert lines[0]["labels"] == {"topic": None, "topics": None, "satisfaction": None}
    shown = {one["classifier"]: one for one in json.loads(Path(described).read_text(encoding="utf-8"))}
    assert shown["topic"]["labels"][0]["id"] == "technology"
    assert len(shown["satisfaction"]["items"]) == 20


def test_lines_that_were_filled_in_are_read(tmp_path, tasks, questions, answers):
    path, _ = jsonl.write(str(tmp_path), tasks, list(questions.values()))
    lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    lines[0] |= {"person": "ada", "labels": {"topic": "health", "topics": ["money", "health"], "satisfaction": None}}
    lines[1] |= {
        "person": "ben",
        "labels": {"topic": {"skipped": True}, "satisfaction": {"label": "neutral", "items": ["gratitude"]}},
    }
    filled = tmp_path / "filled.jsonl"
    filled.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    found = list(jsonl.read(filled, questions))
    assert answers(found) == [
        ("c0", "topic", "ada", "health", None, False),
        ("c0", "topics", "ada", None, ("money", "health"), False),
        ("c1", "topic", "ben", None, None, True),
        ("c1", "satisfaction", "ben", "neutral", ("gratitude",), False),
    ]
    assert {one.draw_id for one in found} == {"d"}


def test_labels_are_a_line_each_and_come_back_as_they_were(tmp_path, questions, answers):
    said = [
        {"conversation_id": "c1", "classifier": "topic", "person": "ada", "label": "health", "labels": None, "skipped": False, "seconds": 3.5, "labelled_at": "2026-11-28T10:00:00+00:00"},
        {"conversation_id": "c1", "classifier": "satisfaction", "person": "ada", "label": "neutral", "labels": [], "skipped": False},
        {"conversation_id": "c2", "classifier": "topics", "person": "ada", "label": "health", "labels": ["health", "money"], "skipped": False},
        {"conversation_id": "c2", "classifier": "topic", "person": "ada", "label": None, "labels": None, "skipped": True},
    ]  # fmt: skip
    url, written = jsonl.write_labels(str(tmp_path), said)
    assert written == 4
    found = list(jsonl.read(Path(url), questions))
    assert answers(found) == [
        ("c1", "topic", "ada", "health", None, False),
        ("c1", "satisfaction", "ada", "neutral", (), False),
        ("c2", "topics", "ada", "health", ("health", "money"), False),
        ("c2", "topic", "ada", None, None, True),
    ]
    assert (found[0].seconds, found[0].labelled_at) == (3.5, "2026-11-28T10:00:00+00:00")


def test_a_line_that_cannot_be_read_is_named(tmp_path, questions):
    path = tmp_path / "wrong.jsonl"
    path.write_text(
        '{"conversation_id": "c1"\n{}\n{"conversation_id": "c1"}\n{"conversation_id": "c1", "classifier": "topic", "label": 7}\n"c1"\n'
    )
    found = list(jsonl.read(path, questions))
    assert all(isinstance(one, Problem) for one in found)
    assert [one.where for one in found] == ["line 1", "line 2", "line 3", "line 4", "line 5"]
    assert "is not JSON" in found[0].reason
    assert "has no classifier" in found[2].reason
