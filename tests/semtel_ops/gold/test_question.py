from semtel_ops.classifiers import load_classifier
from semtel_ops.gold.question import LABEL_KEYS, question_of


def test_each_label_has_a_key_and_no_key_is_one_that_does_something_else(project_root):
    question = question_of(load_classifier(project_root / "include/prompts/topic.prompty"))
    keys = [option.key for option in question.options]
    assert keys == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "a"]
    assert question.options[0].name == "Technology"
    assert question.options[0].definition.startswith("Programming, software and devices")
    assert (question.several, question.items) == (False, ())
    assert not {"s", "u", "?"} & set(LABEL_KEYS)


def test_a_rubric_asks_for_a_verdict_by_digits_and_for_items_by_letters(project_root):
    question = question_of(load_classifier(project_root / "include/prompts/satisfaction.prompty"))
    assert [(option.id, option.key) for option in question.options] == [
        ("satisfied", "1"),
        ("neutral", "2"),
        ("dissatisfied", "3"),
    ]
    assert len(question.items) == 20
    assert [item.key for item in question.items[:3]] == ["a", "b", "c"]
    assert len({item.key for item in question.items}) == 20


def test_the_instruction_is_that_of_the_model_without_the_form_of_its_reply(project_root):
    question = question_of(load_classifier(project_root / "include/prompts/knowledge_work.prompty"))
    assert question.instruction
    assert "JSON" not in question.instruction
