"""The text of a conversation as stored in the lake, with personal data replaced; for users with permission to read it."""

from typing import Any

from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files


def conversation_view(source: PageContext, week: str, conversation_id: str) -> dict[str, Any]:
    """A conversation of a week's sample. The caller checks the user's permission first.

    Raises:
        NotThereError: the week's sample has no such conversation.
    """
    urls = list_files(source.lake.conversations_folder(week), ".parquet") if source.ledger.runs(week) else []
    if urls:
        with sql_engine.connect() as con:
            sql_engine.read(con, "conversations", urls, ("conversation_id", "started_at", "language", "turns"))
            for row in sql_engine.records(con, _CONVERSATION, id=conversation_id):
                return {"week": week, **row}
    raise NotThereError("no such conversation in the sample of that week")


_CONVERSATION = "select conversation_id, started_at, language, turns from conversations where conversation_id = $id limit 1"
