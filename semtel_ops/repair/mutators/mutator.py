"""The interface of a mutator: it proposes changed prompts, and knows neither rows' text nor how good a proposal is."""

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from semtel_ops.repair.facts import Facts
from semtel_ops.repair.library import Instruction
from semtel_ops.repair.parts import PromptParts

Show = Callable[[Sequence[str]], Sequence[str]]
"""Texts of rows, for a request to a model. They must never become part of a prompt: the guard compares every proposal."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed prompt.

    Attributes:
        mutator: name of the mutator.
        note: what was changed, in a few words, with ids of labels and of instructions alone.
    """

    parts: PromptParts
    mutator: str
    note: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What mutators may use.

    Attributes:
        rng: seeded by the place in the search, so that proposals are the same after an interruption.
        library: instructions that fit the classifier.
        efforts: values of `reasoning_effort` that the model accepts, lowest first; empty: it cannot be set.
        propose: asks a model for a wording; None: there is none, and mutators make do without.
        show: texts of rows that a model may see to say why they are wrong; None: a model sees labels and counts alone.
    """

    rng: random.Random
    library: tuple[Instruction, ...] = ()
    efforts: tuple[str, ...] = ()
    propose: Callable[[str], str] | None = None
    show: Show | None = None


class Mutator(ABC):
    """Proposes changed prompts. Has no state: one object serves all searches.

    Attributes:
        name: as in the table of a repair.
    """

    name: ClassVar[str]

    @abstractmethod
    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        """Changed prompts, the most promising first; lazily, since a proposal of a model costs money.

        Yields:
            A prompt and a note: ids of labels or of instructions, never wording.
        """

    def mutations(self, facts: Facts, tools: Tools) -> Iterator[Mutation]:
        """The proposals with the mutator's name."""
        for parts, note in self.propose(facts, tools):
            yield Mutation(parts, self.name, note)


_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_QUOTES = "\"'`“”‘’«»"


def one_line(reply: str) -> str:
    """A model's reply as one line: without thoughts, code fences, list marks and quotation marks around it."""
    text = _THOUGHTS.sub("", reply).replace("```", " ").strip()
    text = " ".join(text.split())
    text = re.sub(r"^[*\-•]\s+", "", text).strip()
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text
