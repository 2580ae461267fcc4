"""Another `reasoning_effort`: more or less thought before the answer. Its tokens are part of the price, and so of the score."""

from collections.abc import Iterator
from dataclasses import replace

from semtel_ops.repair.facts import Facts
from semtel_ops.repair.mutators.mutator import Mutator, Tools
from semtel_ops.repair.parts import PromptParts


class ReasoningEffort(Mutator):
    """Sets the efforts that the model accepts: the nearest to the present one first."""

    name = "reasoning_effort"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        present = facts.parts.reasoning_effort
        at = tools.efforts.index(present) if present in tools.efforts else 0
        for effort in sorted(tools.efforts, key=lambda effort: abs(tools.efforts.index(effort) - at)):
            if effort != present:
                yield replace(facts.parts, reasoning_effort=effort), effort
