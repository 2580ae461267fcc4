"""The text of drawn conversations, from the week's sample in the lake, with personal data replaced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops.store import sql_engine
from semtel_ops.store.files import exists, list_files
from semtel_ops.store.gold_rows import GoldItem
from semtel_ops.store.layout import Lake


@dataclass(frozen=True, slots=True)
class Text:
    """A conversation as the sample has it.

    Attributes:
        language: as the record gives it, or None.
        turns: {role, content} in order.
    """

    conversation_id: str
    language: str | None
    turns: Sequence[Mapping[str, str]]


def text_of(lake: Lake, item: GoldItem) -> Text | None:
    """The text of a conversation; None if the week's sample has it no longer.

    Its own shard is read first. The week may have been sampled again since, and then it may be in another one.
    """
    own = lake.conversations(item.week, item.shard)
    others = [url for url in list_files(lake.conversations_folder(item.week), ".parquet") if url != own]
    for urls in ([own] if exists(own) else [], others):
        found = list(_texts(urls, [item.conversation_id]))  # a result that is not read to its end blocks its connection
        if found:
            return found[0]
    return None


def texts_of(lake: Lake, items: Sequence[GoldItem]) -> Iterator[Text]:
    """The texts of conversations of a week that the sample still has, shard by shard."""
    ids = [item.conversation_id for item in items]
    for url in list_files(lake.conversations_folder(items[0].week), ".parquet") if items else ():
        yield from _texts([url], ids)


def _texts(urls: Sequence[str], ids: Sequence[str]) -> Iterator[Text]:
    if not urls:
        return
    with sql_engine.connect() as con:
        sql_engine.read(con, "conversations", urls, ("conversation_id", "language", "turns"))
        rows: Iterator[dict[str, Any]] = sql_engine.records(con, _TEXTS, ids=list(ids))
        for row in rows:
            yield Text(row["conversation_id"], row["language"], row["turns"] or [])


_TEXTS = """
select conversation_id, language, turns from conversations where conversation_id in (select unnest($ids))
"""
