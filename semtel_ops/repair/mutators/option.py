"""An instruction from the library, as one more rule."""

from collections.abc import Iterator

from semtel_ops.repair.facts import Facts
from semtel_ops.repair.mutators.mutator import Mutator, Tools
from semtel_ops.repair.parts import PromptParts


class LibraryOption(Mutator):
    """Adds an instruction of the library that the prompt does not have yet, in an order by chance."""

    name = "library_option"

    def propose(self, facts: Facts, tools: Tools) -> Iterator[tuple[PromptParts, str]]:
        said = "\n".join(segment.text for segment in facts.parts.segments)
        missing = [each for each in tools.library if each.text not in said]
        tools.rng.shuffle(missing)
        for instruction in missing:
            yield facts.parts.with_rule(instruction.text), instruction.id
