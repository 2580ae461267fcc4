"""A prompt with less text: a rule, an example or the end of a definition left out, or a paragraph shortened by a model."""

from collections.abc import Iterator
from dataclasses import replace

from semtel_ops.repair.facts import Facts
from semtel_ops.repair.mutators.mutator import Mutator, Tools, one_line
from semtel_ops.repair.parts import PromptParts, SegmentKind

_LONG_DEFINITION = 8
"""Number of words in a list from which its second half may be left out."""


class Shortened(Mutator):
    """Leaves out the examples, a rule, an example, or the second half of the words that a definition lists."""

    name = "shortened"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        ways = [*_without_bullets(facts.parts), *_without_examples(facts.parts), *_shorter_definitions(facts.parts)]
        tools.rng.shuffle(ways)
        if tools.propose is not None:
            yield from _by_model(facts.parts, tools)
        yield from ways


def _without_bullets(parts: PromptParts) -> Iterator[tuple[PromptParts, str]]:
    for at, segment in enumerate(parts.segments):
        if segment.kind not in {SegmentKind.RULES, SegmentKind.EXAMPLES}:
            continue
        bullets = segment.bullets
        for number, bullet in enumerate(bullets, start=1):
            if len(bullets) == 1:
                yield parts.with_segment(at, ""), f"without {segment.kind.value}"
            else:
                lines = segment.text.split("\n")
                lines.remove(bullet)
                yield parts.with_segment(at, "\n".join(lines)), f"without no. {number} of {segment.kind.value}"


def _without_examples(parts: PromptParts) -> Iterator[tuple[PromptParts, str]]:
    for at, segment in enumerate(parts.segments):
        if segment.kind is SegmentKind.EXAMPLES and len(segment.bullets) != 1:
            yield parts.with_segment(at, ""), "without examples"
    for example in parts.examples:
        kept = tuple(each for each in parts.examples if each != example)
        yield replace(parts, examples=kept), f"without worked example no. {example + 1}"


def _shorter_definitions(parts: PromptParts) -> Iterator[tuple[PromptParts, str]]:
    for label in parts.labels:
        listed = label.definition.split(", ")
        if len(listed) >= _LONG_DEFINITION:
            half = ", ".join(listed[: (len(listed) + 1) // 2]).rstrip(",;: ")
            yield parts.with_definition(label.id, half if half.endswith(".") else f"{half}."), label.id


def _by_model(parts: PromptParts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
    assert tools.propose is not None
    longest = max(parts.labels, key=lambda label: len(label.definition))
    request = (
        f"Shorten this definition of the label {longest.id} of a classifier to about half of its length. Keep what tells it "
        f"from other labels: {', '.join(parts.names)}. One line. Reply with the definition only.\n{longest.definition}"
    )
    definition = one_line(tools.propose(request))
    if definition and len(definition) < len(longest.definition):
        yield parts.with_definition(longest.id, definition), longest.id
