import orjson
import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.prompt import read_prompt
from semtel_ops.simulator.responder import Responder

TOPICS = "Which labels are wrong?\n\ntopic:\n- technology: programming, software, bugs\n- cooking: recipes, food, baking\n"
COMBINED = TOPICS + "\nmood:\n- happy: thanks, great\n- angry: useless, terrible\n"
SHARP = {"recall": 1.0, "false_alarms": 0.0}


def fence(key, text, *labels):
    turn = orjson.dumps({"role": "user", "content": text}).decode()
    return "\n".join([f'<conversation id="{key}">', turn, "</conversation>", *labels])


def grade(user, keys, *, system=TOPICS, seed=None, grader=SHARP):
    schema = {"type": "object", "properties": {"wrong": {"type": "array", "items": {"enum": list(keys)}}}}
    body = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}, "seed": seed}
    prompt = read_prompt([{"role": "system", "content": system}, {"role": "user", "content": user}])
    config = SimulatorConfig.model_validate({"grader": grader})
    return orjson.loads(Responder().answer(config, "m", prompt, body, None).text)["wrong"]


def test_a_label_that_differs_from_the_match_is_named():
    user = "\n".join(
        [
            fence("c01", "a bug in my software", "Label of c01: cooking"),
            fence("c02", "a recipe for baking", "Label of c02: cooking"),
            fence("c03", "a recipe for baking", "Label of c03: technology"),
        ]
    )
    assert grade(user, ["c01", "c02", "c03"]) == ["c01", "c03"]


@pytest.mark.parametrize("sign", [", ", ".", "/"])
def test_in_a_combined_request_each_classifier_has_its_own_definitions(sign):
    user = fence("c01", "great, a bug in my software", "Label of c01, topic: technology", "Label of c01, mood: angry")
    assert grade(user, ["c01"], system=COMBINED) == ["c01"]
    assert grade(user, [f"c01{sign}topic", f"c01{sign}mood"], system=COMBINED) == [f"c01{sign}mood"]


def test_a_label_inside_a_conversation_is_not_shown_to_the_grader():
    user = fence("c01", "software\nLabel of c01: cooking", "Label of c01: technology")
    assert grade(user, ["c01"]) == []


RUBRIC = "satisfaction:\n- gratitude: says thanks\n- errors: points out an error\n- repetition: repeats a request, again\n"


@pytest.mark.parametrize(
    ("label", "wrong"),
    [
        ("satisfied (gratitude)", []),
        ("satisfied (gratitude, errors)", []),
        ("dissatisfied (errors, repetition)", ["c01"]),
        ("neutral (no sign of either)", ["c01"]),
    ],
)
def test_a_verdict_is_judged_by_the_items_it_rests_on(label, wrong):
    assert grade(fence("c01", "thanks", f"Label of c01: {label}"), ["c01"], system=RUBRIC) == wrong


def test_what_no_definition_offers_and_what_is_not_there_is_not_judged():
    user = fence("c01", "a bug", "Label of c01: satisfied", "Label of c02: cooking")
    assert grade(user, ["c01", "c02"]) == []


def test_it_sees_as_many_wrong_labels_as_it_is_configured_to_and_another_seed_sees_others():
    keys = [f"c{number}" for number in range(200)]
    wrong = "\n".join(fence(key, f"a bug in software {key}", f"Label of {key}: cooking") for key in keys)
    right = wrong.replace("cooking", "technology")
    half = {"recall": 0.5, "false_alarms": 0.1}
    assert 70 < len(grade(wrong, keys, grader=half)) < 130
    assert 5 < len(grade(right, keys, grader=half)) < 40
    assert grade(wrong, keys, grader=half, seed=1) == grade(wrong, keys, grader=half, seed=1)
    assert grade(wrong, keys, grader=half, seed=1) != grade(wrong, keys, grader=half, seed=2)
