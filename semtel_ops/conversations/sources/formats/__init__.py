"""Formats: how a record becomes a conversation. A format is recognized by the record's fields.

Here: our own format, OpenAI `messages`, ShareGPT, WildChat, LMSYS-Chat, Gemini, HH-RLHF, OpenAssistant rows and trees, exports
of ChatGPT, Claude, Grok, AI Studio, Open WebUI and LibreChat; and envelopes around records. To add a format, write a module
with a `Format` and name it in `semtel_ops.extensions.builtin`. Not here: how records are stored in files (`containers`).
"""

from semtel_ops.conversations.sources.formats.catalog import (
    as_record,
    canonical_names,
    columns_problem,
    find_format,
    fits_columns,
    known_formats,
    read_as,
    read_record,
    used_columns,
)
from semtel_ops.conversations.sources.formats.envelope import HOLDERS, open_envelope
from semtel_ops.conversations.sources.formats.format import Format, Grouping

__all__ = [
    "HOLDERS",
    "Format",
    "Grouping",
    "as_record",
    "canonical_names",
    "columns_problem",
    "find_format",
    "fits_columns",
    "known_formats",
    "open_envelope",
    "read_as",
    "read_record",
    "used_columns",
]
