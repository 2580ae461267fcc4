"""A sentence on the boundary between two labels that are confused."""

import re
from collections.abc import Iterator

from semtel_ops.repair.facts import ConfusedPair, Facts
from semtel_ops.repair.mutators.described import described
from semtel_ops.repair.mutators.mutator import Mutator, Tools, one_line
from semtel_ops.repair.parts import PromptParts

_CLAUSE_END = re.compile(r"[:;.]")
_LONGEST_CLAUSE = 160


class BoundarySentence(Mutator):
    """Adds a rule for the worst confused pairs: from their definitions, and in the words of a model if there is one."""

    name = "boundary_sentence"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        for pair in facts.pairs:
            note = f"{pair.truth} or {pair.given}"
            if tools.propose is not None:
                reply = one_line(tools.propose(_request(facts, pair, tools)))
                if reply:
                    yield facts.parts.with_rule(reply), note
            yield facts.parts.with_rule(_from_definitions(facts.parts, pair)), note
            if pair.n > 2 * pair.reverse:
                doubt = f"When both {pair.truth} and {pair.given} seem to fit, choose {pair.truth}."
                yield facts.parts.with_rule(doubt), f"{note}, in doubt {pair.truth}"


def _from_definitions(parts: PromptParts, pair: ConfusedPair) -> str:
    first, second = (_clause(parts.definition(label)) for label in (pair.truth, pair.given))
    return f"Between {pair.truth} and {pair.given}: {pair.truth} if it is about “{first}”, {pair.given} if “{second}”."


def _clause(definition: str) -> str:
    """The beginning of a definition, up to its first list or sentence."""
    return _CLAUSE_END.split(definition, maxsplit=1)[0].strip()[:_LONGEST_CLAUSE]


def _request(facts: Facts, pair: ConfusedPair, tools: Tools) -> str:
    return (
        f"{described(facts, (pair,), tools)}\n\n"
        f"Write one rule of at most 40 words that tells {pair.truth} from {pair.given} in conversations of any subject. Name "
        "both by their ids. Speak of kinds of requests, not of a particular conversation, and quote nothing. "
        "Reply with the rule only."
    )
