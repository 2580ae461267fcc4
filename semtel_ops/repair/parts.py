"""A prompt as a tree of parts that can be changed one by one. Ids, kind and form of the reply are not parts: they never change.

The idea, and the names of most mutators, are those of SAMMO (microsoft/sammo, arXiv 2404.02319), whose package is not used.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum


class SegmentKind(StrEnum):
    """What a paragraph of the instruction is."""

    TASK = "task"
    """The first paragraph: what is asked."""
    RULES = "rules"
    """Begins with `Rules:`."""
    EXAMPLES = "examples"
    """Begins with `Example:` or `Examples:`."""
    TEXT = "text"
    """Other text."""
    FIXED = "fixed"
    """Contains template syntax: the list of labels, included wording, the form of the reply. Never changed."""


@dataclass(frozen=True, slots=True)
class LabelPart:
    """A label of the classifier; only its definition may change."""

    id: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A paragraph of the instruction.

    Attributes:
        text: without blank lines around it; lines end in a line feed.
        origin: position among the paragraphs of the file, from 0; None for a new paragraph.
    """

    kind: SegmentKind
    text: str
    origin: int | None = None

    @property
    def bullets(self) -> tuple[str, ...]:
        """The lines that are items of a list."""
        return tuple(line for line in self.text.split("\n") if line.startswith(("* ", "- ")))


@dataclass(frozen=True, slots=True)
class PromptParts:
    """A prompt file, taken apart.

    Attributes:
        classifier: id of the classifier.
        kind: of the classifier, a `classifiers.Kind`.
        version: of the file.
        labels: in the order in which the model sees them.
        segments: paragraphs of the instruction, in order.
        examples: positions of the worked examples that are kept, from 0: pairs of a user and an assistant section.
        reasoning_effort: of the model's options; None: not set.
    """

    classifier: str
    kind: str
    version: str
    labels: tuple[LabelPart, ...]
    segments: tuple[Segment, ...]
    examples: tuple[int, ...] = ()
    reasoning_effort: str | None = None

    @property
    def names(self) -> dict[str, str]:
        """Names of the labels by id."""
        return {label.id: label.name for label in self.labels}

    def definition(self, label: str) -> str:
        """The definition of a label.

        Raises:
            KeyError: there is no such label.
        """
        for part in self.labels:
            if part.id == label:
                return part.definition
        raise KeyError(label)

    def with_definition(self, label: str, definition: str) -> "PromptParts":
        """The prompt with another definition of a label, on one line."""
        definition = " ".join(definition.split())
        labels = tuple(replace(part, definition=definition) if part.id == label else part for part in self.labels)
        return replace(self, labels=labels)

    def with_segment(self, at: int, text: str) -> "PromptParts":
        """The prompt with another text of the paragraph at a position; without it if the text is empty."""
        segment = replace(self.segments[at], text=text)
        return replace(self, segments=(*self.segments[:at], *([segment] if text else []), *self.segments[at + 1 :]))

    def with_rule(self, rule: str) -> "PromptParts":
        """The prompt with one more rule: at the end of its rules, or in a new paragraph after its labels."""
        at = next((at for at, segment in enumerate(self.segments) if segment.kind is SegmentKind.RULES), None)
        if at is not None:
            return self.with_segment(at, f"{self.segments[at].text}\n* {rule}")
        # The list of labels is the last loop of a classifier's prompt.
        fixed = [at for at, segment in enumerate(self.segments) if segment.kind is SegmentKind.FIXED]
        after = max((at for at in fixed if "{% for" in self.segments[at].text), default=max(fixed[:1], default=0)) + 1
        new = Segment(SegmentKind.RULES, f"Rules:\n* {rule}")
        return replace(self, segments=(*self.segments[:after], new, *self.segments[after:]))

    def texts(self) -> tuple[str, ...]:
        """All texts that may change, in the order of the file."""
        free = (segment.text for segment in self.segments if segment.kind is not SegmentKind.FIXED)
        return (*(label.definition for label in self.labels), *free)

    @property
    def length(self) -> int:
        """Characters of all texts that may change."""
        return sum(len(text) for text in self.texts())


def next_version(version: str) -> str:
    """The version of a prompt whose wording has changed: 1.2.3 → 1.3.0."""
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}.0"


def fingerprint(parts: PromptParts) -> str:
    """16 hex digits that change with any part."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
