"""A paragraph of several sentences as a list, a line for each."""

import re
from collections.abc import Iterator

from semtel_ops.repair.facts import Facts
from semtel_ops.repair.mutators.mutator import Mutator, Tools
from semtel_ops.repair.parts import PromptParts, SegmentKind

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"])")


class BulletPoints(Mutator):
    """Writes the sentences of a paragraph, or the parts of a long sentence, as bullet points."""

    name = "bullet_points"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:  # noqa: ARG002
        for at, segment in enumerate(facts.parts.segments):
            if segment.kind is SegmentKind.FIXED or segment.bullets:
                continue
            sentences = [each.strip() for each in _SENTENCE.split(" ".join(segment.text.split())) if each.strip()]
            if len(sentences) > 1:
                lines = "\n".join(f"* {sentence}" for sentence in sentences)
                yield facts.parts.with_segment(at, lines), f"paragraph {at + 1}"
