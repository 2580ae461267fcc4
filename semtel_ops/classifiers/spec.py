"""A classifier, with all that is needed to write its requests and read its answers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from semtel_ops.classifiers.kinds import AnswerKind, Kind, answer_kind
from semtel_ops.classifiers.labels import Label
from semtel_ops.classifiers.match import LabelIndex, index_labels, normalise
from semtel_ops.classifiers.problems import in_words
from semtel_ops.conversations.model import Turn
from semtel_ops.prompts import ExampleMessage, RenderedPrompt, transcript
from semtel_ops.words import ReasoningEffort


@dataclass(frozen=True, eq=False)
class ClassifierSpec:
    """A classifier, as its prompt file defines it. Values that depend only on the file are computed once.

    Attributes:
        id: name of the prompt file; the classifier's id in label rows.
        labels: possible answers in the file's order (for a scale, lowest first); for a rubric, its items.
        prompt: instruction, examples, and the text around a conversation.
        temperature, seed: None: not sent.
        reasoning_effort: None: that of the endpoint.
    """

    id: str
    name: str
    description: str
    version: str
    source: str
    kind: Kind
    labels: tuple[Label, ...]
    prompt: RenderedPrompt
    max_output_tokens: int
    temperature: float | None = 0.0
    seed: int | None = None
    reasoning_effort: ReasoningEffort | None = None

    @property
    def answer_kind(self) -> AnswerKind:
        """How answers of the classifier's kind are requested, read, compared and shown."""
        return answer_kind(self.kind)

    @property
    def instruction(self) -> str:
        """The system message."""
        return self.prompt.instruction

    @cached_property
    def task(self) -> str:
        """Instruction and worked examples for shared requests, without the sentences on the fence and the form of the reply."""
        pairs = zip(self.examples[::2], self.examples[1::2], strict=True)
        worked = [f"Example:\n{question.content}\n→ {answer.content}" for question, answer in pairs]
        return "\n\n".join([self.prompt.task or self.prompt.instruction, *worked])

    @cached_property
    def answer_form(self) -> str:
        """An example of the reply's object, for an instruction."""
        return self.answer_kind.answer_form(self.labels)

    @property
    def examples(self) -> tuple[ExampleMessage, ...]:
        """Messages between the instruction and the conversation."""
        return self.prompt.examples

    @property
    def intro(self) -> str:
        """The user message before the conversation."""
        return self.prompt.intro

    @property
    def reminder(self) -> str:
        """The user message after the conversation."""
        return self.prompt.reminder

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """JSON schema of the reply."""
        return self.answer_kind.schema(self.labels)

    @cached_property
    def label_ids(self) -> tuple[str, ...]:
        """Possible values of `label` in a label row; for a rubric the verdicts, not the items."""
        return self.answer_kind.label_ids(self.labels)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of `labels`."""
        return tuple(label.id for label in self.labels)

    @cached_property
    def list_ids(self) -> tuple[str, ...]:
        """Possible values in `labels` of a label row; empty where its rows have no `labels`."""
        return self.answer_kind.list_ids(self.labels)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """Label id → group, for labels that have one."""
        return {label.id: label.group for label in self.labels if label.group is not None}

    @cached_property
    def index(self) -> LabelIndex:
        """Known spellings of `labels`."""
        return index_labels(self.labels, self.answer_kind.spellings)

    @cached_property
    def answer_keys(self) -> frozenset[str]:
        """Normalized keys that are accepted for the answer besides the requested key."""
        words = ("label", "labels", "answer", "category", "class", "classification", "result", self.id, self.name)
        return frozenset(normalise(word) for word in words)

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits that change with everything that can change an answer or how it is read."""
        labels = [[label.id, label.name, label.definition, label.group, label.aliases] for label in self.labels]
        fields: list[Any] = [
            self.id,
            self.version,
            self.kind,
            labels,
            self.prompt.fingerprint,
            self.max_output_tokens,
            self.temperature,
            self.seed,
        ]
        if self.reasoning_effort is not None:  # absent where there is none, as in fingerprints that are already stored
            fields.append(self.reasoning_effort)
        return hashlib.blake2b(orjson.dumps(fields), digest_size=16).hexdigest()

    def user_text(self, turns: Iterable[Turn]) -> str:
        """The user message that asks about one conversation."""
        return f"{self.prompt.intro}{transcript(turns)}{self.prompt.reminder}"

    def repair_message(self, problem: str) -> str:
        """The request for another answer after a reply that could not be read. Quotes nothing of that reply."""
        lead = f"Your reply could not be used: {in_words(problem)}. Judge the same conversation again."
        return f"{lead} {self.answer_kind.demand(self.labels)}"
