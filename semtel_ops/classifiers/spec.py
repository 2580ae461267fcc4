"""A classifier, ready to be asked and to read its answers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from semtel_ops.classifiers.kinds import AnswerKind, Kind, answer_kind
from semtel_ops.classifiers.labels import Label
from semtel_ops.classifiers.match import LabelIndex, index_labels, normalise
from semtel_ops.classifiers.problems import spoken
from semtel_ops.conversations.model import Turn
from semtel_ops.prompts import ExampleMessage, RenderedPrompt, transcript


@dataclass(frozen=True, eq=False)
class ClassifierSpec:
    """One classifier, as its prompt file defines it. Few exist, so what can be computed once lives here.

    Attributes:
        id: the prompt file's name; what label rows carry.
        labels: possible answers in the file's order (of a scale, lowest first); of a rubric, its items.
        prompt: instruction, examples, and what stands around a conversation.
        temperature, seed: None: not sent.
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

    @property
    def answer_kind(self) -> AnswerKind:
        """What its kind means: how answers are asked for, read, compared and shown."""
        return answer_kind(self.kind)

    @property
    def instruction(self) -> str:
        """The system message."""
        return self.prompt.instruction

    @cached_property
    def task(self) -> str:
        """The instruction, with worked examples, without its words on the fence and the reply's form: for shared requests."""
        pairs = zip(self.examples[::2], self.examples[1::2], strict=True)
        worked = [f"Example:\n{asked.content}\n→ {answer.content}" for asked, answer in pairs]
        return "\n\n".join([self.prompt.task or self.prompt.instruction, *worked])

    @cached_property
    def answer_form(self) -> str:
        """The object an answer is, as an instruction shows it."""
        return self.answer_kind.answer_form(self.labels)

    @property
    def examples(self) -> tuple[ExampleMessage, ...]:
        """Messages between the instruction and the conversation."""
        return self.prompt.examples

    @property
    def intro(self) -> str:
        return self.prompt.intro

    @property
    def reminder(self) -> str:
        return self.prompt.reminder

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """JSON schema of the reply."""
        return self.answer_kind.schema(self.labels)

    @cached_property
    def label_ids(self) -> tuple[str, ...]:
        """What `label` of a label row may be; of a rubric the verdicts, not the items."""
        return self.answer_kind.label_ids(self.labels)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of `labels`."""
        return tuple(label.id for label in self.labels)

    @cached_property
    def list_ids(self) -> tuple[str, ...]:
        """What `labels` of a label row may hold; empty where it holds nothing."""
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
        """Normalised keys under which a model may put its answer when it forgets the one asked for."""
        words = ("label", "labels", "answer", "category", "class", "classification", "result", self.id, self.name)
        return frozenset(normalise(word) for word in words)

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits that differ when anything that can change an answer, or its reading, does."""
        labels = [[label.id, label.name, label.definition, label.group, label.aliases] for label in self.labels]
        spelled = orjson.dumps(
            [
                self.id,
                self.version,
                self.kind,
                labels,
                self.prompt.fingerprint,
                self.max_output_tokens,
                self.temperature,
                self.seed,
            ]
        )
        return hashlib.blake2b(spelled, digest_size=16).hexdigest()

    def user_text(self, turns: Iterable[Turn]) -> str:
        """The user message that asks about one conversation."""
        return f"{self.prompt.intro}{transcript(turns)}{self.prompt.reminder}"

    def repair_message(self, problem: str) -> str:
        """What is said after a reply that could not be read; it quotes nothing of that reply."""
        lead = f"Your reply could not be used: {spoken(problem)}. Judge the same conversation again."
        return f"{lead} {self.answer_kind.demand(self.labels)}"
