from dataclasses import replace
from datetime import UTC, datetime

import pytest

from semtel_ops.store.gold_rows import Decision, GoldLabel, GoldRuling, category, decide, decide_each

AT = datetime(2026, 11, 28, tzinfo=UTC)


def label(person, said):
    labels = tuple(said) if isinstance(said, list) else None
    first = labels[0] if labels else said
    return GoldLabel("d", "c", "topic", person, first, labels, said is None, "page", None, AT)


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ([], Decision((), 0, agreed=True, ruled=False)),
        ([None], Decision((), 0, agreed=True, ruled=False)),
        (["health"], Decision(("health",), 1, agreed=True, ruled=False)),
        (["health", None], Decision(("health",), 1, agreed=True, ruled=False)),
        (["health", "health"], Decision(("health",), 2, agreed=True, ruled=False)),
        (["health", "money"], Decision((), 2, agreed=False, ruled=False)),
        (["health", "money", "money"], Decision(("money",), 3, agreed=False, ruled=False)),
        (["health", "money", "money", "health"], Decision((), 4, agreed=False, ruled=False)),
        ([["health", "money"], ["money", "health"]], Decision(("health", "money"), 2, agreed=True, ruled=False)),
    ],
)
def test_more_than_half_of_the_people_decide(said, decision):
    found = decide([label(f"p{at}", one) for at, one in enumerate(said)])
    assert found == decision
    assert found.is_open is (decision.people > 0 and not decision.gold)


def test_a_ruling_decides_whatever_people_said():
    ruling = GoldRuling("d", "c", "topic", "writing", None, "ada", AT)
    found = decide([label("ada", "health"), label("ben", "money")], ruling)
    assert found == Decision(("writing",), 2, agreed=False, ruled=True)


def test_answers_are_compared_by_all_their_labels_and_a_rubric_by_its_verdict():
    assert category("money", ["money", "health"]) == category("health", ["health", "money"]) == ("health", "money")
    assert category("satisfied", ["gratitude"]) == category("satisfied", []) == ("satisfied",)
    assert category(None, None) == ()


def test_each_conversation_is_decided_by_its_own_labels_and_ruling():
    labels = [
        label("ada", "health"),
        label("ben", "money"),
        replace(label("ada", "writing"), conversation_id="other"),
        replace(label("ada", None), conversation_id="none"),
    ]
    ruling = GoldRuling("d", "c", "topic", "money", None, "ada", AT)
    assert {one: found.gold for one, found in decide_each(labels, []).items()} == {"c": (), "other": ("writing",)}
    assert {one: found.gold for one, found in decide_each(labels, [ruling]).items()} == {"c": ("money",), "other": ("writing",)}
