"""The library of instructions: sentences that can be added to the rules of any prompt, each a choice rather than a rewrite.

An optimiser that only picks from a library cannot copy a conversation, and its proposals are easy to review; Dropbox restricts
the optimiser of its judge in production in this way (dropbox.tech, March 2026).
"""

from pathlib import Path

from pydantic import Field

from semtel_ops.classifiers import Kind
from semtel_ops.settings import load_yaml
from semtel_ops.settings.config_model import ConfigModel


class Instruction(ConfigModel):
    """A sentence of the library."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, examples=["whole_conversation"])
    """Name of the instruction in the table of a repair."""
    text: str = Field(min_length=1, max_length=400, pattern=r"^[^\r\n{}]+$")
    """The sentence, on one line, without template syntax."""
    kinds: tuple[Kind, ...] = ()
    """Kinds of classifiers that it fits. Default: all."""


class InstructionLibrary(ConfigModel):
    """A file such as include/repair/instructions.yaml."""

    instructions: tuple[Instruction, ...] = Field(min_length=1, max_length=500)
    """The sentences, in the order in which they are tried."""

    def of_kind(self, kind: str) -> tuple[Instruction, ...]:
        """The instructions that fit a kind of classifier."""
        return tuple(each for each in self.instructions if not each.kinds or kind in each.kinds)


def load_library(path: str | Path) -> InstructionLibrary:
    """Read a library.

    Raises:
        ConfigError: the file is missing or wrong.
    """
    return load_yaml(path, InstructionLibrary)
