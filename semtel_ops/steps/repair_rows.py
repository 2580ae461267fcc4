"""Rows of a repair: which there are, what a guard compares with, and texts that a model may be shown."""

from collections.abc import Iterator, Mapping, Sequence

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.prompts import transcript
from semtel_ops.repair import Split, split
from semtel_ops.shards.prepared import prepare_turns
from semtel_ops.steps.frozen_set import FrozenSet, conversations_of
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.tokens import TiktokenCounter, make_compressor

_SHOWN_TOKENS = 1_000
"""Longest part of a conversation that a request for a wording contains."""


def rows_of(frozen: FrozenSet, reference: Mapping[str, str]) -> Split:
    """The rows of a set that a reference labels, divided."""
    return split(
        name
        for batch in conversations_of(frozen, ["conversation_id"])
        for name in batch.column(0).to_pylist()
        if name in reference
    )


def turn_texts(frozen: FrozenSet) -> Iterator[str]:
    """The texts of all turns of a set."""
    for batch in conversations_of(frozen, ["turns"]):
        for turns in batch.column(0).to_pylist():
            yield from (turn["content"] for turn in turns)


class ShownRows:
    """Texts of rows as a model may be shown them: prepared, cut and fenced.

    Attributes:
        texts: of all rows that were shown, by conversation id.
    """

    def __init__(self, labeller: SetLabeller) -> None:
        self._labeller = labeller
        self.texts: dict[str, str] = {}

    def __call__(self, rows: Sequence[str]) -> list[str]:
        """The texts of rows, in their order; rows that the set no longer has are left out."""
        missing = {row for row in rows if row not in self.texts}
        if missing:
            self.texts.update(self._read(missing))
        return [self.texts[row] for row in rows if row in self.texts]

    def _read(self, wanted: set[str]) -> dict[str, str]:
        tokens = self._labeller.plan.config.tokens
        shorter = tokens.model_copy(update={"max_per_conversation": min(_SHOWN_TOKENS, tokens.max_per_conversation)})
        counter, compressor, found = TiktokenCounter(), make_compressor(shorter), {}
        for batch in conversations_of(self._labeller.frozen, ["conversation_id", "turns"]):
            for row in batch.to_pylist():
                if row["conversation_id"] in wanted:
                    turns = [Turn(Role(turn["role"]), turn["content"]) for turn in row["turns"]]
                    found[row["conversation_id"]] = transcript(prepare_turns(turns, shorter, counter, compressor).turns)
        return found
