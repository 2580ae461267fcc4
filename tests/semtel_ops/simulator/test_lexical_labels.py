import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.prompt import read_prompt
from semtel_ops.simulator.responder import Responder
from semtel_ops.simulator.stemming import hash_to_unit, stem

TOPICS = "Name the topic.\n- technology: programming, software, code, bugs\n- cooking: recipes, food, baking\n- other: anything else\n"


def turn(content, role="user"):
    return orjson.dumps({"role": role, "content": content}).decode()


def fence(*lines, key=None):
    opening = f'<conversation id="{key}">' if key else "<conversation>"
    return "\n".join([opening, *lines, "</conversation>"])


def ask(system, user, schema=None, *, kind="json_schema", model="m", request_seed=None, **config):
    body = {"response_format": {"type": kind}}
    if request_seed is not None:
        body["seed"] = request_seed
    if schema is not None:
        body["response_format"]["json_schema"] = {"name": "x", "schema": schema}
    prompt = read_prompt([{"role": "system", "content": system}, {"role": "user", "content": user}])
    answer = Responder().answer(SimulatorConfig.model_validate(config), model, prompt, body, None)
    return orjson.loads(answer.text) if kind != "text" else answer.text


def one_of(*labels):
    return {"type": "object", "properties": {"label": {"enum": list(labels)}}}


LABEL = one_of("technology", "cooking", "other")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("My program has a bug in its code", "technology"),
        ("A recipe for baked food please", "cooking"),
        ("Ünïcode ⟨⟩ \u0000 nothing here", "other"),
    ],
)
def test_the_definition_that_shares_words_with_the_conversation_wins(text, label):
    assert ask(TOPICS, fence(turn(text)), LABEL) == {"label": label}


def test_words_of_one_stem_are_one_word():
    assert len({stem(word) for word in ("program", "programs", "programming", "programmed")}) == 1
    assert len({stem(word) for word in ("create", "creates", "created", "creating", "creation")}) == 1


def test_what_the_user_says_outweighs_what_the_assistant_says():
    said = fence(turn("A recipe for food"), turn("software bug", "assistant"))
    assert ask(TOPICS, said, LABEL) == {"label": "cooking"}


def test_only_the_fenced_text_is_read_and_the_latest_fence_counts():
    prompt = read_prompt(
        [
            {"role": "system", "content": TOPICS},
            {"role": "user", "content": fence(turn("recipes food baking"))},
            {"role": "assistant", "content": '{"label": "cooking"}'},
            {"role": "user", "content": "recipes, food\n" + fence(turn("a bug in software")) + "\nbaking?"},
            {"role": "assistant", "content": "cooking!"},
            {"role": "user", "content": "That was no JSON about recipes, food or baking. Try again."},
        ]
    )
    body = {"response_format": {"type": "json_schema", "json_schema": {"schema": LABEL}}}
    answer = Responder().answer(SimulatorConfig(), "m", prompt, body, None)
    assert orjson.loads(answer.text) == {"label": "technology"}


def test_without_a_fence_the_last_user_message_is_the_conversation():
    assert ask(TOPICS, "I like recipes", LABEL) == {"label": "cooking"}


def test_packed_conversations_are_answered_by_their_key():
    packed = fence(turn("a bug in software"), key="a1") + "\n" + fence(turn("baking food"), key="b2")
    schema = {"type": "object", "properties": {"a1": LABEL, "b2": LABEL}}
    assert ask(TOPICS, packed, schema) == {"a1": {"label": "technology"}, "b2": {"label": "cooking"}}


def test_combined_classifiers_that_share_a_scale_use_their_own_definitions():
    system = (
        "## cooking_skill\n- novice: burns water in the kitchen\n- expert: flambé, sous-vide\n"
        "## code_skill\n- novice: asks what a variable means\n- expert: compilers, allocators\n"
    )
    scale = one_of("novice", "expert")
    schema = {"type": "object", "properties": {"cooking_skill": scale, "code_skill": scale}}
    found = ask(system, fence(turn("My compilers use allocators, but I burn water in the kitchen")), schema)
    assert found == {"cooking_skill": {"label": "novice"}, "code_skill": {"label": "expert"}}


def test_rubric_items_are_low_unless_their_words_appear():
    system = "- gratitude: thanks, grateful, appreciate\n- frustration: annoyed, useless, angry\n"
    item = {"type": "integer", "minimum": 0, "maximum": 10}
    schema = {"type": "object", "properties": {"gratitude": item, "frustration": item}}
    found = ask(system, fence(turn("Thanks, I appreciate it, grateful!")), schema)
    assert found["frustration"] == 0
    assert 1 <= found["gratitude"] <= 10


def test_several_labels_come_best_first_and_are_never_none():
    schema = {"type": "object", "properties": {"labels": {"type": "array", "items": LABEL["properties"]["label"]}}}
    assert ask(TOPICS, "recipes for food; software code", schema)["labels"][:2] in (
        ["technology", "cooking"],
        ["cooking", "technology"],
    )
    assert ask(TOPICS, "zzz", schema) == {"labels": ["other"]}


def test_other_kinds_of_places_get_values_of_their_type():
    schema = {
        "$defs": {"word": {"enum": ["yes", "no"]}},
        "type": "object",
        "properties": {
            "answer": {"$ref": "#/$defs/word"},
            "maybe": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "reason": {"type": "string"},
            "version": {"const": 3},
            "list": {"type": "array", "items": {"type": "string"}},
        },
    }
    found = ask("- yes: work, report\n- no: leisure\n", "work report", schema)
    assert found["answer"] == "yes"
    assert isinstance(found["maybe"], bool)
    assert 0.5 <= found["confidence"] <= 1
    assert (found["reason"], found["version"], found["list"]) == (NOTICE, 3, [NOTICE])


def test_a_schema_that_unfolds_without_end_is_cut():
    schema = {"$defs": {"n": {"type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "#/$defs/n"}}}}}
    assert isinstance(ask("", "x", {**schema, "$ref": "#/$defs/n"}), dict)


def test_ties_are_broken_by_content_and_do_not_all_go_to_one_label():
    system = "- red: aa\n- blue: bb\n"
    found = [ask(system, f"nothing {number}", one_of("red", "blue"))["label"] for number in range(60)]
    assert found == [ask(system, f"nothing {number}", one_of("red", "blue"))["label"] for number in range(60)]
    assert 15 < found.count("red") < 45


def test_models_differ_on_close_calls_and_agree_on_clear_ones():
    system = "- red: apple rose\n- blue: sky sea\n"
    close = {ask(system, "apple and sky", one_of("red", "blue"), model=f"m{number}")["label"] for number in range(20)}
    clear = {ask(system, "apple and rose", one_of("red", "blue"), model=f"m{number}")["label"] for number in range(20)}
    assert close == {"red", "blue"}
    assert clear == {"red"}


def test_without_bias_models_agree_on_ties_too():
    system = "- red: apple rose\n- blue: sky sea\n"
    labels = {"model_bias": 0}
    for number in range(10):
        text = f"apple and sky {number}"
        found = {ask(system, text, one_of("red", "blue"), model=f"m{model}", labels=labels)["label"] for model in range(5)}
        assert len(found) == 1


def test_noise_grows_with_the_pack():
    labels = {"noise": 0.0, "noise_per_member": 0.1}
    members = {f"k{number}": f"a bug in software {number}" for number in range(6)}
    schema = {"type": "object", "properties": dict.fromkeys(members, LABEL)}
    wrong = 0
    for seed in range(20):
        packed = "\n".join(fence(turn(text), key=key) for key, text in members.items())
        found = ask(TOPICS, packed, schema, labels=labels, seed=seed)
        wrong += sum(one["label"] != "technology" for one in found.values())
        for text in members.values():
            assert ask(TOPICS, fence(turn(text)), LABEL, labels=labels, seed=seed) == {"label": "technology"}
    # 5 further members: 0.5 of 120 answers.
    assert 40 < wrong < 80


def labels_of_hundred(**how):
    texts = [f"a bug in software {number}" for number in range(100)]
    return [ask(TOPICS, fence(turn(text)), LABEL, **how)["label"] for text in texts]


def test_a_repeat_with_another_seed_is_wrong_about_other_conversations():
    noisy = {"labels": {"noise": 0.2}}
    first, again, other = (labels_of_hundred(**noisy, request_seed=seed) for seed in (1, 1, 2))
    assert first == again
    # Wrong in one of the two repeats or in the other, about 2 x 0.2 x 0.8 of them.
    assert 15 < sum(one != two for one, two in zip(first, other, strict=True)) < 50
    assert labels_of_hundred(request_seed=1) == labels_of_hundred(request_seed=2) == ["technology"] * 100


def test_other_company_in_a_pack_is_other_luck():
    keys = [f"k{number}" for number in range(8)]
    schema = {"type": "object", "properties": dict.fromkeys(keys, LABEL)}

    def first_of(company):
        texts = ["a bug in software", *(f"code {company} {number}" for number in range(7))]
        packed = "\n".join(fence(turn(text), key=key) for key, text in zip(keys, texts, strict=True))
        return ask(TOPICS, packed, schema, labels={"noise": 0.3})["k0"]["label"]

    assert [first_of(1), first_of(1)] == [first_of(1)] * 2
    assert {first_of(company) for company in range(30)} > {"technology"}


@pytest.mark.parametrize("packed", [False, True])
def test_classifiers_that_share_a_request_interfere(packed):
    names = ["topic", *(f"other_{number}" for number in range(5))]
    combined = {"type": "object", "properties": dict.fromkeys(names, LABEL)}
    schema = {"type": "object", "properties": {"c01": combined}} if packed else combined
    wrong = 0
    for number in range(60):
        text = fence(turn(f"a bug in software {number}"), key="c01" if packed else None)
        found = ask(TOPICS, text, schema, labels={"noise_per_classifier": 0.1})
        wrong += (found["c01"] if packed else found)["topic"]["label"] != "technology"
    # 5 further classifiers: half of 60 answers.
    assert 15 < wrong < 45
    assert ask(TOPICS, fence(turn("a bug")), LABEL, labels={"noise_per_classifier": 1.0}) == {"label": "technology"}


def test_evidence_that_was_cut_is_lost():
    whole = fence(turn("Hello there. " * 5 + "My program has a bug in its code"))
    assert ask(TOPICS, whole, LABEL) == {"label": "technology"}
    assert ask(TOPICS, whole.replace("program has a bug in its code", "[… 8 tokens cut …]"), LABEL) == {"label": "other"}


def test_json_mode_and_plain_text_answer_what_can_be_told():
    assert ask(TOPICS, "recipes", kind="json_object") == {"label": "cooking"}
    assert ask(TOPICS, "recipes", kind="text") == "cooking"
    assert ask("Say hello.", "hi", kind="text") == NOTICE
    spelled = (
        TOPICS + 'Reply with JSON of this schema: {"type": "object", "properties": {"t": {"enum": ["cooking", "technology"]}}}'
    )
    assert ask(spelled, "recipes", kind="json_object") == {"t": "cooking"}


def test_constant_mode_reads_nothing():
    assert ask(TOPICS, "recipes", LABEL, labels={"mode": "constant"}) == {"label": "technology"}


def test_a_conversation_of_ten_megabytes_is_answered_at_once():
    found = ask(TOPICS, fence(turn("a bug in software " + "x y " * 2_500_000)), LABEL)
    assert found == {"label": "technology"}


def test_unclosed_fences_in_great_number_are_not_quadratic():
    assert ask(TOPICS, "<conversation>\n" * 200_000, LABEL) == {"label": "other"}


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_label_that_was_offered(system, user):
    assert ask(system, user, LABEL)["label"] in {"technology", "cooking", "other"}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "properties", "items", "enum", "anyOf", "$ref", "$defs", "minimum", "maximum", "a"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_schema_gets_an_answer(schema):
    ask("- a: b\n", "text", {"properties": {"x": schema}})


@given(st.lists(st.text(max_size=5), max_size=4))
def test_luck_is_a_number_below_one_and_always_the_same(parts):
    assert 0 <= hash_to_unit(parts) < 1
    assert hash_to_unit(parts) == hash_to_unit(parts)


def test_noise_makes_a_rubric_wrong_as_a_whole_or_not_at_all():
    items = [f"item{number}" for number in range(20)]
    schema = {"type": "object", "properties": {name: {"type": "integer", "minimum": 0, "maximum": 10} for name in items}}
    system = "".join(f"- {name}: evidence{number}\n" for number, name in enumerate(items))
    texts = [f"hello {number}" for number in range(200)]
    found = [ask(system, fence(turn(text)), schema, labels={"noise": 0.1}) for text in texts]
    wrong = [sum(answer.values()) > 0 for answer in found]
    assert 5 < sum(wrong) < 45
    assert all(2 <= sum(value > 0 for value in answer.values()) <= 14 for answer, off in zip(found, wrong, strict=True) if off)
