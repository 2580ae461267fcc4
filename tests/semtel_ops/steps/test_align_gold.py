"""People's labels of a set: where they come from, and which takes precedence."""

import json

import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.errors import ConfigError
from semtel_ops.steps.align_gold import gold_of
from semtel_ops.steps.align_plan import plan_alignment
from tests.support.alignments import INTENT, align_request, align_settings, write_chats


@pytest.fixture
def frozen(tmp_path, project_root):
    write_chats(tmp_path, 30, {0: {INTENT: "Leisure"}, 1: {INTENT: "learning"}, 2: {INTENT: "no label"}})
    settings = align_settings(tmp_path, "http://127.0.0.1:9/v1", project_root / "include")
    return plan_alignment(align_request(tmp_path), alignment_id="a1", out=str(tmp_path / "a1"), settings=settings).frozen


@pytest.fixture
def specs(project_root):
    return load_classifiers(project_root / "include" / "prompts", (INTENT, "knowledge_work", "satisfaction"))


@pytest.fixture
def labels(tmp_path):
    def write(*rows):
        path = tmp_path / "gold.jsonl"
        path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    return write


def test_labels_of_the_records_are_used_and_those_of_the_file_take_precedence(frozen, specs, labels):
    assert gold_of(frozen, specs)[INTENT] == {"c0": "leisure", "c1": "learning"}
    file = labels(
        {"conversation_id": "c1", "classifier": INTENT, "label": "problem solving"},
        "\n",
        {"conversation_id": "c3", "labels": {INTENT: "leisure", "knowledge_work": True}},
        {"conversation_id": "c4", "classifier": "knowledge_work", "label": "no", "person": "ada"},
        {"conversation_id": "c4", "classifier": "satisfaction", "label": "satisfied", "labels": ["gratitude"]},
    )
    found = gold_of(frozen, specs, file=file)
    assert found[INTENT] == {"c0": "leisure", "c1": "problem_solving", "c3": "leisure"}
    assert found["knowledge_work"] == {"c3": "yes", "c4": "no"}
    assert found["satisfaction"] == {"c4": "satisfied"}


def test_other_conversations_other_classifiers_and_skips_are_ignored(frozen, specs, labels):
    file = labels(
        {"conversation_id": "elsewhere", "classifier": INTENT, "label": "nonsense"},
        {"conversation_id": "c5", "classifier": "tone", "label": "kind"},
        {"conversation_id": "c6", "classifier": INTENT, "label": "leisure", "skipped": True},
        {"conversation_id": "c7", "classifier": INTENT, "label": None},
    )
    assert gold_of(frozen, specs, file=file)[INTENT].keys() == {"c0", "c1"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", r"line 1: None must be a JSON object with conversation_id"),
        ("[" * 200_000, r"line 1: None must be a JSON object with conversation_id"),
        ("[1]\n", r"line 1: None must be a JSON object with conversation_id"),
        (
            {"conversation_id": "c1", "classifier": INTENT, "label": "nonsense"},
            r"line 1: user_intent: 'nonsense' is not a label",
        ),
        ({"conversation_id": "c1", "labels": {INTENT: ["leisure"]}}, r"line 1: user_intent: .* is not a label; it has inform"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(frozen, specs, labels, row, message):
    with pytest.raises(ConfigError, match=message):
        gold_of(frozen, specs, file=labels(row))


def test_a_label_that_may_be_a_conversation_is_not_repeated(frozen, specs, labels):
    row = {"conversation_id": "c1", "classifier": INTENT, "label": "my sister's address is 12 Mill Lane, Ely, and I want to"}
    with pytest.raises(ConfigError, match=r"line 1: user_intent: 'a text of 55 characters' is not a label") as raised:
        gold_of(frozen, specs, file=labels(row))
    assert "Mill Lane" not in str(raised.value)


def test_a_file_that_is_not_there_is_named(frozen, specs, tmp_path):
    with pytest.raises(ConfigError, match=r"gold: .*none.jsonl' cannot be read: FileNotFoundError"):
        gold_of(frozen, specs, file=str(tmp_path / "none.jsonl"))
