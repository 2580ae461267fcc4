"""HH-RLHF: two variants of a dialogue, each as one text. The chosen variant is the conversation."""

import re
from typing import Any

from semtel_ops.conversations.model import Conversation, Role
from semtel_ops.conversations.sources.formats.fields import make_conversation
from semtel_ops.conversations.sources.formats.format import Format
from semtel_ops.conversations.sources.formats.turns import make_turn, read_turns
from semtel_ops.conversations.sources.records import BadRecordError, Reason

# One space belongs to the marker. `Human:` inside a line is text of the dialogue.
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def _read(record: dict[str, Any]) -> Conversation:
    chosen = record["chosen"]
    if isinstance(chosen, list):  # later preference data sets have lists of messages in these fields
        prompt = record.get("prompt")
        turns = read_turns(chosen)
        if isinstance(prompt, list) and not any(turn.role is Role.USER for turn in turns):
            turns = (*read_turns(prompt), *turns)
    elif isinstance(chosen, str):
        before, *pieces = _SPEAKER.split(chosen)
        if before.strip() or not pieces:
            raise BadRecordError(Reason.WRONG_TYPE, "chosen: expected a dialogue that begins with a speaker marker")
        messages = enumerate(zip(pieces[::2], pieces[1::2], strict=True), start=1)
        made = (make_turn(speaker, text, number) for number, (speaker, text) in messages)
        turns = tuple(turn for turn in made if turn is not None)
    else:
        raise BadRecordError(Reason.WRONG_TYPE, f"chosen: expected text, found {type(chosen).__name__}")
    return make_conversation(record, turns, labels=record.get("labels"))


HH_RLHF = Format(
    name="hh-rlhf",
    required=frozenset({"chosen", "rejected"}),
    optional=frozenset({"prompt", "conversation_id", "id", "language", "labels"}),
    read=_read,
    nested=frozenset({"chosen", "prompt", "labels"}),
)
