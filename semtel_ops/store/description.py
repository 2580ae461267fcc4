"""What a column holds, declared with it: the data dictionary (docs/reference/data.md) is generated from these.

A column may be null exactly if it is declared with the meaning of null, so no nullable column is left unexplained. `tables`
keeps descriptions in the metadata of Arrow fields, `ledger_tables` in `Column.info`.
"""

from typing import TypedDict


class Description(TypedDict):
    """What is known of a column besides its name and type.

    Attributes:
        text: what it holds, in one or two sentences.
        unit: USD, seconds, tokens …; empty where the name or the text says all.
        null: what a null means; None where the column is never null.
        values: the allowed values; empty where the set is open.
    """

    text: str
    unit: str
    null: str | None
    values: list[str]
