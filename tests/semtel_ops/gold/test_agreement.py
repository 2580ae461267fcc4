from datetime import UTC, datetime

import pytest

from semtel_ops.classifiers import load_classifier
from semtel_ops.gold.agreement import between_people, disagreements, people_with_model, with_labellers
from semtel_ops.store.gold_rows import GoldAnswer, GoldLabel, GoldRow, decide

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def work(project_root):
    return load_classifier(project_root / "include/prompts/knowledge_work.prompty")


def label(conversation, person, answer):
    skipped = answer is None
    return GoldLabel("d", conversation, "knowledge_work", person, answer, None, skipped, "page", 1.0, AT)


def answer(conversation, said, labeller="a" * 16):
    return GoldAnswer("d", conversation, "knowledge_work", "r", said, None, labeller, "m", "1.0.0", AT)


def test_kappa_between_two_people_counts_what_both_labelled(work):
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o = 0.7, p_e = 0.5·0.6 + 0.5·0.4 = 0.5, kappa 0.4 (Cohen 1960).
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    labels = [
        label(f"c{at}", person, said)
        for at, pair in enumerate(pairs)
        for person, said in zip(("ada", "ben"), pair, strict=True)
    ]
    labels += [label("c90", "ada", "yes"), label("c91", "ada", "yes"), label("c91", "ben", None)]
    (one,) = between_people(labels, work)
    assert (one.first, one.second, one.equal.n) == ("ada", "ben", 50)
    assert one.kappa.value == pytest.approx(0.4)
    assert one.equal.share == pytest.approx(0.7)
    assert one.weighted is None


def test_scales_have_a_quadratic_kappa_too(project_root):
    spec = load_classifier(project_root / "include/prompts/user_expertise.prompty")
    labels = [
        GoldLabel("d", f"c{at}", spec.id, person, spec.label_ids[level], None, False, "page", None, AT)
        for at, pair in enumerate([(0, 0), (1, 2), (2, 2), (3, 3)])
        for person, level in zip(("ada", "ben"), pair, strict=True)
    ]
    (one,) = between_people(labels, spec)
    assert one.weighted is not None
    assert one.weighted.value > one.kappa.value


def row(conversation, gold, llm, labeller):
    return GoldRow("d", conversation, "knowledge_work", "2026-W47", "r", "", 0.1, 1.0, gold, llm, "r", labeller, 1, ruled=False)


def test_each_labeller_is_compared_with_the_gold_labels_alone(work):
    rows = [
        row("c1", ("yes",), ("yes",), "old"), row("c2", ("no",), ("yes",), "old"), row("c3", ("no",), ("no",), "new"),
        row("c4", ("yes",), (), "new"),
    ]  # fmt: skip
    assert [(one.second, one.equal.n, one.equal.share) for one in with_labellers(rows, work)] == [
        ("old", 2, 0.5),
        ("new", 1, 1.0),
    ]


def test_a_person_is_compared_with_the_model_where_both_answered(work):
    labels = [label("c1", "ada", "yes"), label("c2", "ada", "no"), label("c3", "ada", None), label("c4", "ada", "yes")]
    answers = {"c1": answer("c1", "yes"), "c2": answer("c2", "yes"), "c3": answer("c3", "yes"), "c4": answer("c4", None)}
    (one,) = people_with_model(labels, answers, work)
    assert (one.first, one.equal.n, one.equal.share) == ("ada", 2, 0.5)


def test_undecided_conversations_come_before_decided_ones_and_those_where_the_model_differs():
    labels = [
        label("c1", "ada", "yes"), label("c2", "ada", "yes"), label("c2", "ben", "no"), label("c3", "ada", "no"),
        label("c4", "ada", "yes"), label("c4", "ben", "no"), label("c4", "eve", "no"),
    ]  # fmt: skip
    answers = {one: answer(one, "yes") for one in ("c1", "c2", "c3", "c4")}
    decisions = {one: decide([given for given in labels if given.conversation_id == one]) for one in answers}
    found = disagreements(labels, answers, decisions)
    assert [(one.conversation_id, one.between, one.gold) for one in found] == [
        ("c2", "people", ()), ("c4", "people", ("no",)), ("c3", "model", ("no",)),
    ]  # fmt: skip
    assert found[0].labels == {"ada": ("yes",), "ben": ("no",)}
