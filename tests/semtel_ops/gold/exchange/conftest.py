from dataclasses import replace

import pytest

from semtel_ops.classifiers import Kind, load_classifier
from semtel_ops.gold.exchange import Task
from semtel_ops.gold.question import question_of


@pytest.fixture(scope="session")
def specs(project_root):
    """One label, several labels, and a rubric."""
    topic = load_classifier(project_root / "include/prompts/topic.prompty")
    return (
        topic,
        replace(topic, id="topics", kind=Kind.MANY_OF),
        load_classifier(project_root / "include/prompts/satisfaction.prompty"),
    )


@pytest.fixture(scope="session")
def questions(specs):
    return {spec.id: question_of(spec) for spec in specs}


@pytest.fixture
def tasks():
    turns = [{"role": "user", "content": 'Say "hi" & <b>bye</b>\nplease 🙂'}, {"role": "assistant", "content": "Hi"}]
    return [Task("d", "2026-W47", f"c{at}", at, "en", turns) for at in range(2)]


@pytest.fixture
def answers():
    """`answers(entries)`: what a reader gave, in short."""

    def short(entries):
        return [(one.conversation_id, one.classifier, one.person, one.label, one.labels, one.skipped) for one in entries]

    return short
