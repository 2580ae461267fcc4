"""A definition written anew from the mistakes that are made with it.

Automatic prompt optimization (Pryzant et al., arXiv 2305.03495): say what goes wrong, then rewrite. Needs a model.
"""

from collections.abc import Iterator

from semtel_ops.repair.facts import ConfusedPair, Facts
from semtel_ops.repair.mutators.described import described
from semtel_ops.repair.mutators.mutator import Mutator, Tools, one_line
from semtel_ops.repair.parts import PromptParts


class DefinitionFromMistakes(Mutator):
    """Has a model rewrite the definition of a label that is missed, and of the label that is given in its place."""

    name = "definition_from_mistakes"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        if tools.propose is None:
            return
        for pair in facts.pairs:
            for label in (pair.truth, pair.given):
                definition = one_line(tools.propose(_request(facts, pair, label, tools)))
                definition = definition.removeprefix(f"{label}:").strip()
                if definition:
                    yield facts.parts.with_definition(label, definition), label


def _request(facts: Facts, pair: ConfusedPair, label: str, tools: Tools) -> str:
    length = max(200, int(1.2 * len(facts.parts.definition(label))))
    aim = "takes in what it misses" if label == pair.truth else f"leaves out what is {pair.truth}"
    return (
        f"{described(facts, (pair,), tools)}\n\n"
        f"First think about which kinds of requests cause this mistake. Then write a better definition of {label}: one that "
        f"{aim}, and that keeps what is right. One line, at most {length} characters, general words, no quotation, no id in "
        "front. Reply with the definition only."
    )
