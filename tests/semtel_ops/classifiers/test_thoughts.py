"""An answer is what follows a model's reasoning, whatever marks it; inside reasoning there are only drafts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.classifiers import MatchedBy, Problem, read_reply
from semtel_ops.classifiers.thoughts import MARKS, without_thoughts

DRAFT, ANSWER = '{"label": "remember"}', '{"label": "create"}'

CLOSED = {
    "EleutherAI/lm-evaluation-harness#3382": f"<think>perhaps {DRAFT}</think>{ANSWER}",
    "attributes": f'<think time="3s">{DRAFT}</think >\n{ANSWER}',
    "capitals": f"<THINK>{DRAFT}</Think>{ANSWER}",
    "THU-MAIC/OpenMAIC#750": f"reasoning draft {DRAFT} </think>\n{ANSWER}",
    "the template begins a thought and the model another": f"<think>\n<think>\n{DRAFT}</think>\n{ANSWER}",
    "nested": f"<think>a <think>{DRAFT}</think> b {DRAFT}</think> {ANSWER}",
    "several": f"<think>{DRAFT}</think> well {DRAFT} <think>no</think> {ANSWER}",
    "empty": f"<think>\n\n</think>\n\n{ANSWER}",
    "madroidmaq/mlx-omni-server#79": f"<thinking>{DRAFT}</thinking>{ANSWER}",
    "EXAONE": f"<thought>\n{DRAFT}\n</thought>\n\n{ANSWER}",
    "ERNIE": f"<think>{DRAFT}</think>\n<response>{ANSWER}</response>",
    "Hunyuan": f"<think>\n{DRAFT}\n</think>\n<answer>\n{ANSWER}\n</answer>",
    "fine-tuned": f"<reasoning>{DRAFT}</reasoning>\n<answer>{ANSWER}</answer>",
    "Magistral": f"[THINK]{DRAFT}[/THINK]{ANSWER}",
    "Kimi": f"◁think▷{DRAFT}◁/think▷{ANSWER}",
    "Seed-OSS": f"<seed:think>{DRAFT}</seed:think>{ANSWER}",
    "Command A": f"<|START_THINKING|>{DRAFT}<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>",
    "OpenThinker": f"<|begin_of_thought|>{DRAFT}<|end_of_thought|><|begin_of_solution|>{ANSWER}<|end_of_solution|>",
    "GLM-4.1V": f"<think>{DRAFT}</think><answer><|begin_of_box|>{ANSWER}<|end_of_box|></answer>",
    "Gemma 4 (kekzl/imp#768)": f"<|channel>thought\n{DRAFT}\n<channel|>{ANSWER}",
    "MedGemma": f"<unused94>thought\n{DRAFT}<unused95>{ANSWER}",
    "Granite": f"Here is my thought process: {DRAFT}\n\nHere is my response: {ANSWER}",
    "Ollama's command line": f"Thinking...\n{DRAFT}\n...done thinking.\n\n{ANSWER}",
    "escaped": f"&lt;think&gt;{DRAFT}&lt;/think&gt;{ANSWER}",
    "ml-explore/mlx-lm#1867": (
        f"<|channel|>analysis<|message|>perhaps {DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}"
    ),
    "harmony to its end": (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>"
    ),
    "harmony with a format": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|channel|>final <|constrain|>json<|message|>{ANSWER}",
    "harmony with a commentary": (
        f"<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>{DRAFT}<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{ANSWER}"
    ),
    "Augustas11/macprovider#743": f"analysisWe need a label. Perhaps {DRAFT}.assistantfinal{ANSWER}",
    "harmony from its middle": f"so {DRAFT}?assistantcommentary {DRAFT}assistantfinal{ANSWER}",
    "garrytan/gbrain#4640": f"The user wants a poem, so {DRAFT}? No.\n</think>\n\n{ANSWER}",
}


@pytest.mark.parametrize("text", CLOSED.values(), ids=CLOSED)
def test_the_answer_follows_the_reasoning(one_of, text):
    labelling = read_reply(one_of, text)
    assert labelling.label == "create"
    assert labelling.matched_by is MatchedBy.NORMALISED


UNFINISHED = {
    "EleutherAI/lm-evaluation-harness#3382": f"<think>The user wants a poem: {DRAFT}",
    "raullenchai/Rapid-MLX#825": f"<think>\nOkay.\n```json\n{DRAFT}\n```\n",
    "in words": "<think>\nlabel: remember",
    "after a closed thought": f"<think>a</think>\n<think>b {DRAFT}",
    "after an answer": f"{ANSWER}\n<think>Wait, {DRAFT}",
    "Magistral": f"[THINK]{DRAFT}",
    "Kimi": f"◁think▷{DRAFT}",
    "harmony": f"<|channel|>analysis<|message|>perhaps {DRAFT}",
    "harmony, then a commentary": f"<|channel|>analysis<|message|>a<|end|><|channel|>commentary<|message|>{DRAFT}",
    "harmony without its tokens": f"analysisWe need a label. Perhaps {DRAFT}",
    "Granite": f"Here is my thought process: {DRAFT}",
    "Gemma": f"<|channel>thought\n{DRAFT}",
    "inside a value": '{"label": "<think>\\nlabel: remember"}',
}


@pytest.mark.parametrize("text", UNFINISHED.values(), ids=UNFINISHED)
def test_an_answer_inside_a_thought_that_does_not_end_is_no_answer(one_of, text):
    assert read_reply(one_of, text).problem is Problem.UNFINISHED


@pytest.mark.parametrize(
    "text", ["<think>hm</think>", f"<think>{DRAFT}</think>\n", f"{DRAFT}</think>", f"◁think▷{DRAFT}◁/think▷"]
)
def test_reasoning_without_an_answer_after_it_is_named_as_such(one_of, text):
    assert read_reply(one_of, text).problem is Problem.ONLY_REASONING


@pytest.mark.parametrize(
    "text",
    [
        '{"label": "create", "reason": "asks what <think> does"}',
        '{"label": "create", "reason": "quotes <think>…</think> and [THINK]"}',
        '```json\n{"label": "create", "reason": "the <think> tag is never closed"}\n```',
        'Sure:\n{"reason": "a {brace} and </think>", "label": "create"}',
    ],
)
def test_a_mark_inside_a_value_is_content(one_of, text):
    assert read_reply(one_of, text).label == "create"


@pytest.mark.parametrize(
    "text",
    [
        "create<|im_end|>",
        "create</s>",
        "<answer>create</answer>",
        "create<|eot_id|>\n",
        "<|channel|>final<|message|>create<|return|>",
    ],
)
def test_tokens_around_an_answer_are_no_part_of_it(one_of, text):
    assert read_reply(one_of, text).label == "create"


@pytest.mark.parametrize("text", ["analysis", "Analysis: create", "I think, therefore", "a < b [think", "assistant final"])
def test_words_that_only_resemble_marks_are_text(text):
    assert without_thoughts(text) == (text, False, False)


@pytest.mark.parametrize(
    "text",
    [f"Let me think. {DRAFT} is possible, but", "Okay, the user wants to remember", "First,\nlabel: remember\nbut then"],
)
def test_what_a_cut_reply_says_after_other_words_may_be_a_draft(one_of, text):
    """antirez/ds4#665: reasoning that is cut off arrives as content, without any mark."""
    assert read_reply(one_of, text, cut=True).problem is Problem.UNFINISHED


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        f"{ANSWER}\nThis is because the",
        f"```json\n{ANSWER}\n```\nThe",
        "create",
        "create, because the user",
        f"x</think>So {ANSWER} as",
    ],
)
def test_a_cut_reply_that_begins_with_the_answer_has_it(one_of, text):
    assert read_reply(one_of, text, cut=True).label == "create"


def test_every_mark_has_a_source_and_both_ends():
    assert all(mark.begin and mark.end and mark.source for mark in MARKS)


PIECES = st.sampled_from(
    [
        "<think>",
        "</think>",
        "[/THINK]",
        "<|channel|>analysis<|message|>",
        "<|channel|>final<|message|>",
        ANSWER,
        DRAFT,
        "create",
        "label: ",
        "\n",
        "No, ",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.text(max_size=5), max_size=10).map("".join), st.booleans())
def test_no_reply_raises_and_a_label_is_spelled_outside_the_reasoning(one_of, text, cut):
    labelling = read_reply(one_of, text, cut=cut)
    answer = without_thoughts(text)
    assert labelling.label is None or answer.unfinished is False
    if labelling.label in {"create", "remember"}:
        assert labelling.label in answer.text.casefold()
