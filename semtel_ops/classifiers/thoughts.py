"""Separates the answer of a reply from the model's reasoning before it. To support another model's marks, add a row.

Servers without the right parser leave reasoning in the text. Rules, for all marks alike:

- what follows the last end of a thought is the answer, also where its beginning is missing: chat templates often write that;
- where a thought begins and does not end, there is no answer: what stands in it is a draft;
- a mark inside a complete JSON object is part of a value.
"""

import json
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from semtel_ops.classifiers.problems import Problem, UnreadableError


class Mark(NamedTuple):
    """How a model marks its reasoning.

    Attributes:
        begin, end: patterns.
        source: who writes it.
        hint: for a mark in words, what a reply with it contains; other marks begin with one of `_BRACKETS`.
    """

    begin: str
    end: str
    source: str
    hint: str = ""


def _tags(*names: str) -> tuple[str, str]:
    """Patterns of elements such as `<think>`, also with attributes and with escaped brackets."""
    name = f"(?:{'|'.join(names)})"
    return rf"(?:<|&lt;)\s?{name}(?:\s[^<>&\n]{{0,60}})?(?:>|&gt;)", rf"(?:<|&lt;)\s?/\s?{name}\s?(?:>|&gt;)"


def _literal(begin: str, end: str) -> tuple[str, str]:
    return re.escape(begin), re.escape(end)


_FINAL_CHANNEL: Final = r"<\|channel\|>\s*final(?:\s*json)?\s*(?:<\|constrain\|>\s*\w{0,20}\s*)?(?:<\|message\|>)?"

_STRIPPED_FINAL: Final = r"(?-i:assistantfinal)(?:\s*<\|message\|>)?"

MARKS: Final = (
    Mark(
        *_tags("think", "thinking", "thought", "thoughts"), "DeepSeek, Qwen, GLM, MiniMax, ERNIE, EXAONE; asked for in prompts"
    ),
    Mark(*_tags("reasoning", "reflection", "analysis", "scratchpad"), "models fine-tuned on such examples"),
    Mark(
        *_tags("seed:think", "mm:think", "longcat_think", "antthinking", "inner_thoughts"), "Seed-OSS, MiniMax, LongCat, Claude"
    ),
    Mark(*_literal("[THINK]", "[/THINK]"), "Magistral"),
    Mark(*_literal("[thinking]", "[/thinking]"), "models fine-tuned on such examples"),
    Mark(*_literal("◁think▷", "◁/think▷"), "Kimi"),
    Mark(r"<\|channel\|>(?!\s*final)", _FINAL_CHANNEL, "gpt-oss (harmony)"),
    Mark(r"\A\s*(?-i:analysis(?=[A-Z]))", _STRIPPED_FINAL, "gpt-oss without its tokens", "analysis"),
    Mark(r"(?-i:assistantcommentary)", _STRIPPED_FINAL, "gpt-oss without its tokens", "assistant"),
    Mark(r"<\|channel>(?!\s*final)", r"<channel\|>|<\|channel>\s*final", "Gemma"),
    Mark(*_literal("<unused94>", "<unused95>"), "MedGemma"),
    Mark(*_literal("<|START_THINKING|>", "<|END_THINKING|>"), "Command A"),
    Mark(*_literal("<|begin_of_thought|>", "<|end_of_thought|>"), "Sky-T1, OpenThinker"),
    Mark(*_literal("<|inner_prefix|>", "<|inner_suffix|>"), "Apertus"),
    Mark(r"<\|think\|>", r"<\|/think\|>|<\|content\|>", "Solar"),
    Mark(r"^\W{0,4}here(?:'s| is) my thought process:", r"^\W{0,4}here(?:'s| is) my response:", "Granite", "hought process:"),
    Mark(r"\A\s*thinking\.\.\.[ ]*$", r"^\.\.\.\s?done thinking\.[ ]*$", "Ollama's command line", "hinking..."),
)


def _compiled(marks: Iterable[Mark]) -> re.Pattern[str]:
    begins, ends = zip(*((mark.begin, mark.end) for mark in marks), strict=True)
    return re.compile(f"(?P<begin>{'|'.join(begins)})|(?P<end>{'|'.join(ends)})", re.IGNORECASE | re.MULTILINE)


_BRACKETS: Final = re.compile(r"[<&\[◁]")
_BRACKETED: Final = _compiled(mark for mark in MARKS if not mark.hint)
_ANY: Final = _compiled(MARKS)
_HINTS: Final = tuple(mark.hint for mark in MARKS if mark.hint)
_ANSWER_TAGS: Final = (
    r"(?:<{0}(?:answer|response|output|final_answer|result|label)>|<\|{1}_of_(?:solution|box)\|>|<\|{2}_RESPONSE\|>)"
)
_AROUND: Final = re.compile(
    r"\A\s*" + _ANSWER_TAGS.format("", "begin", "START")
    + r"|(?:" + _ANSWER_TAGS.format("/", "end", "END")
    + r"|<\|(?:end|return|call|im_end|eot_id|eom_id|endoftext|end_of_text|start)\|>(?:assistant)?"
    + r"|</s>|<eos>|<end_of_turn>|<｜end▁of▁sentence｜>|\[/INST\])\s*\Z",
    re.IGNORECASE,
)  # fmt: skip
_LONGEST_AROUND = 40
_MAX_AROUND = 6
_MAX_OBJECTS = 50  # braces at which an object may begin
_DECODER = json.JSONDecoder()


class Answer(NamedTuple):
    """A reply without reasoning.

    Attributes:
        text: the answer; empty where a thought does not end.
        thought: whether the reply has reasoning.
        unfinished: whether it ends inside a thought.
    """

    text: str
    thought: bool
    unfinished: bool


def without_thoughts(text: str) -> Answer:
    """The answer in a reply; the text itself where the reply has no marks."""
    start, opened, thought = 0, False, False
    objects = _Objects(text)
    for mark in _marks(text):
        if not opened and objects.contain(mark.start()):
            continue
        thought = True
        opened = mark.lastgroup == "begin"
        if not opened:
            start = mark.end()
            objects.begin = start
    if opened:
        return Answer("", thought=True, unfinished=True)
    return Answer(_bare(text[start:] if start else text if not thought else ""), thought, unfinished=False)


def answer_in(text: str) -> Answer:
    """The answer in a reply, see `without_thoughts`.

    Raises:
        UnreadableError: the reply is empty, nothing but reasoning, or ends inside the reasoning.
    """
    answer = without_thoughts(text)
    if answer.unfinished:
        raise UnreadableError(Problem.UNFINISHED)
    if not answer.text.strip():
        raise UnreadableError(Problem.ONLY_REASONING if answer.thought else Problem.EMPTY)
    return answer


def _marks(text: str) -> Iterable[re.Match[str]]:
    """The marks of a text in order; they are tried only where one can begin."""
    if any(hint in text for hint in _HINTS):
        return _ANY.finditer(text)
    marks = (_BRACKETED.match(text, bracket.start()) for bracket in _BRACKETS.finditer(text))
    return (mark for mark in marks if mark is not None)


class _Objects:
    """The complete JSON objects of a text from `begin` on, decoded as far as they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _MAX_OBJECTS
        self.begin = 0

    def contain(self, position: int) -> bool:
        """Whether a position is inside an object; positions must be asked in order."""
        while self._left and (brace := self._text.find("{", self.begin, position)) >= 0:
            self._left -= 1
            try:
                _, end = _DECODER.raw_decode(self._text, brace)
            except (ValueError, RecursionError):
                self.begin = brace + 1
                continue
            if end > position:
                return True
            self.begin = end
        return False


def _bare(text: str) -> str:
    """The text without tags of an answer around it and without the tokens that end a message."""
    for _ in range(_MAX_AROUND):
        head, tail = _AROUND.match(text), _AROUND.search(text, max(len(text) - _LONGEST_AROUND, 1))
        if head is None and tail is None:
            break
        text = text[head.end() if head else 0 : tail.start() if tail else len(text)]
    return text
