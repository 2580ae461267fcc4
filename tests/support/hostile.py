"""An installation in which every free text that anybody but us writes is hostile."""

import json
from pathlib import Path
from typing import Any, Final

from sqlalchemy import String, Text, update

from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.ledger_tables import metadata
from tests.support.ledger_year import LAST_WEEK, run_of, write_year

HOSTILE: Final = (
    "\"'><script>hacked=1</script><img src=x onerror=hacked=1><svg/onload=hacked=1><iframe srcdoc='<script>parent.hacked=1</script>'>"
    "<a href=javascript:hacked=1>press</a><meta http-equiv=refresh content='0;url=https://evil.example'><base href=https://evil.example>"
    "<style>*{display:none}</style></script></td></table></svg>]]>{{7*7}}${7*7}=cmd|' /C calc'!A0 \u202egnp.exe\u202c "
    "../../../etc/passwd\r\nSet-Cookie: hacked=1 \x1b[31m %00%0d%0a"
)
NAME: Final = "technology\"'><svg/onload=hacked=1><script>hacked=1</script>]]>{{7*7}}=1+1 \u202egnp.exe"
"""Short enough for the name of a label or an endpoint."""
_MEANT: Final = {"state", "kind", "severity", "level", "lane", "body", "verdict", "dialect", "week", "run_id"}
"""Columns of closed words and of JSON."""


def write_hostile_place(folder: Path, prompts: Path) -> None:
    """A year in `ledger.db`, and of its last run what the page reads from the lake. The report is one that escapes nothing."""
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        write_year(ledger, weeks=3, prompts=prompts)
        with ledger.write() as connection:
            for table in metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, String | Text) and not column.primary_key and column.name not in _MEANT:
                        connection.execute(update(table).where(column.is_not(None)).values({column.name: HOSTILE}))
            shares = metadata.tables["weekly_share"]
            connection.execute(update(shares).where(shares.c.classifier == "topic").values(label=NAME + shares.c.label))
    run = Lake(f"{folder}/lake").run(LAST_WEEK, run_of(LAST_WEEK))
    quarantine = Path(run.quarantine("extract"))
    quarantine.parent.mkdir(parents=True)
    quarantine.write_text(json.dumps({"place": HOSTILE, "reason": HOSTILE, "detail": HOSTILE}) + "\n", encoding="utf-8")
    moved: dict[str, Any] = {
        "at": 10.0,
        "endpoint": NAME,
        "what": "concurrency",
        "old": 8,
        "new": 16,
        "reason": HOSTILE,
        "count": 1,
    }
    write_json(run.limits(0), {"changes": [moved], "endpoints": []})
    Path(run.report).parent.mkdir(parents=True)
    Path(run.report).write_text(f"<!doctype html><title>A week</title><p id=shown>A week</p>{HOSTILE}", encoding="utf-8")
