"""Descriptions of columns, from which the data dictionary (docs/reference/data.md) is generated.

A column is nullable exactly if its description gives the meaning of null. `tables` stores descriptions in the metadata of Arrow
fields, `ledger_tables` in `Column.info`.
"""

from typing import TypedDict


class Description(TypedDict):
    """The description of a column.

    Attributes:
        text: content of the column, in one or two sentences.
        unit: USD, seconds, tokens, …; empty if the name or the text says it.
        null: the meaning of null; None if the column is never null.
        values: the allowed values; empty if the set is open.
    """

    text: str
    unit: str
    null: str | None
    values: list[str]
