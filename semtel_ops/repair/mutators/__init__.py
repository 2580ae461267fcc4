"""The mutators of a search, one module for each.

To add a mutator, write its module and name it in the table below. Here: proposing changed prompts. Not here: whether a proposal
is permitted (`repair.guard`) and how good it is (`repair.search`).
"""

from collections.abc import Mapping
from typing import Final

from semtel_ops.repair.mutators.boundary import BoundarySentence
from semtel_ops.repair.mutators.bullets import BulletPoints
from semtel_ops.repair.mutators.definition import DefinitionFromMistakes
from semtel_ops.repair.mutators.effort import ReasoningEffort
from semtel_ops.repair.mutators.mutator import Mutation, Mutator, Tools
from semtel_ops.repair.mutators.option import LibraryOption
from semtel_ops.repair.mutators.order import LabelOrder
from semtel_ops.repair.mutators.shorten import Shortened

__all__ = ["MUTATORS", "Mutation", "Mutator", "Tools"]

MUTATORS: Final[Mapping[str, Mutator]] = {
    mutator.name: mutator
    for mutator in (
        DefinitionFromMistakes(),
        BoundarySentence(),
        LibraryOption(),
        LabelOrder(),
        Shortened(),
        BulletPoints(),
        ReasoningEffort(),
    )
}
"""All mutators by name, in the order in which they take turns."""
