"""Planted confusion: how many conversations move, which, and in which requests."""

import json

import orjson
import pytest

from semtel_ops.simulator.behaviour import behaviour_of
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.prompt import read_prompt
from semtel_ops.simulator.responder import Responder

SYSTEM = "Name the topic.\n- technology: software, code, bugs\n- cooking: recipes, food, baking\n- other: anything else\n"
OTHER_WORDING = SYSTEM.replace("Name the topic.", "What is the topic?")
TEXTS = [f"a bug in software {number}" for number in range(1_000)]
TEN_PERCENT = {"topic": {"technology": {"cooking": 0.1}}}


def one_of(*labels):
    return {"type": "object", "properties": {"label": {"enum": list(labels)}}}


LABEL = one_of("technology", "cooking", "other")


def fence(text, key=None):
    opening = f'<conversation id="{key}">' if key else "<conversation>"
    turn = orjson.dumps({"role": "user", "content": text}).decode()
    return f"{opening}\n{turn}\n</conversation>"


class Asking:
    """Asks one model, whose settings are given; without bias, so that only what is planted differs."""

    def __init__(self, model="simulated-b", **own):
        given = {key: own.pop(key) for key in ("truth", "seed", "labels") if key in own}
        config = {"models": {model: own}, "labels": {"model_bias": 0}, **given}
        self.config = SimulatorConfig.model_validate(config)
        self.model = model
        self.behaviour = behaviour_of(model, self.config)
        self.responder = Responder()

    def __call__(self, user, schema=LABEL, *, name="topic", system=SYSTEM, kind="json_schema", **more):
        body = {"response_format": {"type": kind}, **more}
        if kind == "json_schema":
            body["response_format"]["json_schema"] = {"name": name, "schema": schema}
        prompt = read_prompt([{"role": "system", "content": system}, {"role": "user", "content": user}])
        return json.loads(self.responder.answer(self.config, self.model, prompt, body, None, self.behaviour).text)

    def labels(self, texts=TEXTS, **how):
        return [self(fence(text), **how)["label"] for text in texts]


def moved(labels):
    return [position for position, label in enumerate(labels) if label == "cooking"]


def test_the_planted_share_of_a_label_gets_the_other_label():
    labels = Asking(confusion=TEN_PERCENT).labels()
    # 1,000 of technology at 0.1: 100 expected, standard deviation sqrt(1000 * .1 * .9) = 9.5.
    assert set(labels) == {"technology", "cooking"}
    assert 80 < len(moved(labels)) < 120


def test_the_same_conversations_move_in_every_request_and_more_of_them_in_a_worse_model():
    ask = Asking(confusion=TEN_PERCENT)
    first = moved(ask.labels(seed=1))
    worse = moved(Asking("simulated-c", confusion={"topic": {"technology": {"cooking": 0.3}}}).labels())
    assert first == moved(ask.labels(seed=2)) == moved(ask.labels(system=OTHER_WORDING))
    assert set(first) < set(worse)
    assert first != moved(Asking(confusion=TEN_PERCENT, seed=1).labels()), (
        "another seed of the configuration, other conversations"
    )


def test_packed_and_combined_requests_move_the_same_conversations():
    ask = Asking(confusion={"topic": {"technology": {"cooking": 0.5}}})
    texts = TEXTS[:40]
    plain = ask.labels(texts)
    keys = [f"c{number:02}" for number in range(1, 9)]
    packed, both = [], []
    for start in range(0, len(texts), 8):
        members = "\n".join(fence(text, key) for text, key in zip(texts[start : start + 8], keys, strict=True))
        found = ask(members, {"type": "object", "properties": dict.fromkeys(keys, LABEL)}, name="topic_x8")
        packed += [found[key]["label"] for key in keys]
        pair = {"type": "object", "properties": {"topic": LABEL, "intent": one_of("ask", "tell")}}
        found = ask(members, {"type": "object", "properties": dict.fromkeys(keys, pair)}, name="topic_intent_x8")
        both += [found[key]["topic"]["label"] for key in keys]
    assert 10 < len(moved(plain)) < 30
    assert packed == both == plain


def test_json_mode_without_a_schema_is_recognised_by_its_labels():
    ask = Asking(confusion={"topic": {"technology": {"cooking": 1}}})
    assert ask(fence("a bug in software"), kind="json_object") == {"label": "cooking"}


def test_another_classifier_with_the_same_labels_is_not_confused():
    ask = Asking(confusion={"topic": {"technology": {"cooking": 1}}})
    combined = {"type": "object", "properties": {"topic": LABEL, "second_topic": LABEL}}
    assert ask(fence("a bug in software"), name="second_topic") == {"label": "technology"}
    found = ask(fence("a bug in software"), combined, name="topic_second_topic_x1")
    assert (found["topic"]["label"], found["second_topic"]["label"]) == ("cooking", "technology")


def test_flips_change_which_conversations_move_but_not_how_many():
    ask = Asking(confusion=TEN_PERCENT, confusion_flips=0.5)
    one, two = (set(moved(ask.labels(seed=seed))) for seed in (1, 2))
    # Half of the conversations draw anew: 500 of them move in one repeat only with 2 * .1 * .9, so 90 of 1,000 are expected.
    assert 60 < len(one ^ two) < 120
    assert all(75 < len(found) < 125 for found in (one, two))
    assert one == set(moved(ask.labels(seed=1)))


def test_another_wording_of_equal_worth_makes_other_errors():
    ask = Asking(confusion=TEN_PERCENT, confusion_by_wording=1)
    one, two = (set(moved(ask.labels(system=system))) for system in (SYSTEM, OTHER_WORDING))
    # 2 * .1 * .9 of 1,000: 180 are expected to differ.
    assert 140 < len(one ^ two) < 220
    assert all(75 < len(found) < 125 for found in (one, two))


def test_truth_decides_whatever_the_definitions_of_the_prompt_say():
    truth = {"topic": {"technology": "software, code, bugs", "cooking": "recipes, food", "other": "else"}}
    misleading = "- technology: recipes, food\n- cooking: software, code, bugs\n- other: anything else\n"
    assert Asking(truth=truth)(fence("a bug in software"), system=misleading) == {"label": "technology"}
    assert Asking(truth=truth)(fence("hello"), system=misleading) == {"label": "other"}


def test_truth_about_other_labels_is_not_used():
    truth = {"topic": {"technology": "software", "sports": "food"}}
    assert Asking(truth=truth)(fence("recipes for food")) == {"label": "cooking"}


def test_noise_comes_on_top_of_confusion():
    ask = Asking(confusion={"topic": {"technology": {"cooking": 1}}}, noise=0.1)
    labels = ask.labels()
    # 0.1 of 1,000 get another label than cooking: half of them technology.
    assert 70 < len(labels) - len(moved(labels)) < 130


def test_a_grader_does_not_see_the_errors_that_the_model_makes_itself():
    ask = Asking(confusion={"topic": {"technology": {"cooking": 1}}})
    schema = {"properties": {"wrong": {"items": {"enum": ["c01"]}}}}
    grade = lambda label: ask(f"{fence('a bug in software', 'c01')}\nLabel of c01, topic: {label}", schema)  # noqa: E731
    assert [grade("cooking"), grade("technology")] == [{"wrong": []}, {"wrong": ["c01"]}]


@pytest.mark.parametrize("own", [{}, {"noise": 0.5}, {"latency": {"base_ms": 3}}, {"shutdown_date": "2026-01-01"}])
def test_models_without_planted_labels_have_no_behaviour(own):
    assert behaviour_of("m", SimulatorConfig.model_validate({"models": {"m": own}})) is None
    assert behaviour_of("unknown", SimulatorConfig()) is None


def test_a_model_has_a_bias_of_its_own():
    config = SimulatorConfig.model_validate({"models": {"m": {"bias": 0.4}}})
    assert behaviour_of("m", config).labels.model_bias == 0.4
