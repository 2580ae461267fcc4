"""What a record means: one module for each format of the field, recognised by the fields it has.

Here: ours, OpenAI `messages`, ShareGPT, WildChat, LMSYS-Chat, HH-RLHF, ChatGPT exports, OpenAssistant rows and trees. To add
one, write a module with a `Format` and name it in `semtel_ops.extensions.builtin`. Not here: how records are kept in files
(`containers`).
"""

from semtel_ops.conversations.sources.formats.catalog import (
    as_record,
    find_format,
    fits_columns,
    known_formats,
    name_columns,
    nested_fields,
    read_record,
    used_columns,
)
from semtel_ops.conversations.sources.formats.format import Format, Grouping

__all__ = [
    "Format",
    "Grouping",
    "as_record",
    "find_format",
    "fits_columns",
    "known_formats",
    "name_columns",
    "nested_fields",
    "read_record",
    "used_columns",
]
