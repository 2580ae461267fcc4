from pathlib import Path

import yaml

from semtel_ops.settings import load_yaml
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.truth import true_labels

INCLUDE = Path(__file__).parents[3] / "include"
DEFINITIONS = {"technology": "software, code, bugs", "cooking": "recipes, food", "other": "anything else"}


def said(*contents, role="user"):
    return [{"role": role, "content": content} for content in contents]


def test_the_true_label_has_the_most_words_in_common_and_the_first_of_equals():
    conversations = [said("bugs in code"), said("recipes, food and a bug"), said("food", "code"), said("hello"), []]
    # «food» and «code» are one word each of definitions of three and four words: the shorter definition weighs more.
    assert true_labels(DEFINITIONS, conversations) == ["technology", "cooking", "cooking", "other", "other"]


def test_without_a_label_other_the_first_label_is_true_where_nothing_matches():
    assert true_labels({"yes": "work", "no": "leisure"}, [said("hello")]) == ["yes"]


def test_the_truth_of_the_shipped_models_is_about_the_labels_of_the_shipped_prompt():
    config = load_yaml(INCLUDE / "config" / "simulator-models.yaml", SimulatorConfig)
    header = yaml.safe_load((INCLUDE / "prompts" / "topic.prompty").read_text().split("---\n")[1])
    shipped = {label["id"]: label["definition"].strip() for label in header["metadata"]["labels"]}
    assert {label: text.strip() for label, text in config.truth["topic"].items()} == shipped
