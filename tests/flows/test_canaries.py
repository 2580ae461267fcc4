"""A word that only the source has, in each of its fields, is found nowhere but where text may be."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from semtel_ops.errors import EndpointErrorKind
from semtel_ops.testing.fake_provider import fake_provider

WORD = "Xyzzycanary"
MAIL = f"{WORD}@example.com"
TEXT_FOLDERS = {"conversations", "staged", "prepared", "journal", "batches"}
"""Folders that may have text of conversations, as docs/explanation/privacy.md says."""
TEXT_COLUMNS = {"raw_reply"}

DATED = {"started_at": "2026-11-18T12:00:00Z", "language": "en"}
SAID = [{"role": "user", "content": f"my diary says {WORD}"}, {"role": "assistant", "content": f"so {WORD}"}]
RECORDS = [
    {"conversation_id": "c1", "messages": SAID, **DATED},
    {"conversation_id": MAIL, "messages": SAID, **DATED},
    {"conversation_id": f"{WORD} Smith", "messages": [*SAID, *SAID], **DATED},
    # The same id with another content: quarantined.
    {"conversation_id": f"Dup {WORD}", "messages": SAID, **DATED},
    {"conversation_id": f"Dup {WORD}", "messages": SAID[:1], **DATED},
    {"conversation_id": "c2", "messages": SAID, **DATED, "language": f"{WORD}"},
    {"conversation_id": "c3", "messages": SAID, **DATED, "labels": {WORD: WORD, "user": WORD, "topic": {"why": WORD}}},
    {"conversation_id": "c4", "messages": SAID, **DATED, "metadata": {"user": WORD}, WORD: WORD, "model": WORD, "title": WORD},
    {"conversation_id": "c5", "messages": [{"role": WORD, "content": "x"}], **DATED},
    {"conversation_id": "c6", "messages": [{"role": "user", "content": {"type": WORD}, "name": WORD}], **DATED},
    {"conversation_id": "c7", "messages": SAID, "started_at": WORD},
    {"conversation_id": {"x": WORD}, "messages": SAID, **DATED},
    {"conversation_id": "x" * 600 + WORD, "messages": SAID, **DATED},
    {"conversation_id": "c8", "messages": WORD, **DATED},
    {WORD: WORD},
    [WORD],
    WORD,
]


@pytest.mark.parametrize("failure", [None, EndpointErrorKind.BAD_REQUEST, EndpointErrorKind.CONTENT_FILTER])
def test_a_word_of_the_source_stays_where_text_may_be(tmp_path: Path, failure: EndpointErrorKind | None) -> None:
    """Replies, and the words of refusals, quote the request."""
    source = tmp_path / f"{MAIL}-chats.jsonl"
    lines = [json.dumps(record) for record in RECORDS] + [f'{{"messages": "{WORD}', f"{WORD}"]
    source.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    with fake_provider() as provider:
        provider.failure = failure
        endpoints = {"endpoints": [{"name": "east", "base_url": provider.base_url, "model": "m"}]}
        (tmp_path / "endpoints.yaml").write_text(json.dumps(endpoints), encoding="utf-8")
        command = ["-v", "classify", str(source), "--classifiers", "topic", "--endpoints", "endpoints.yaml", "--out", str(out)]
        run = "from semtel_ops.cli.main import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", run, *command], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    assert provider.bodies, done.stderr
    # The first line of the log may name the file as the caller did.
    assert WORD not in (done.stdout + done.stderr).replace(str(source), "")
    leaks = [str(path.relative_to(out)) for path in sorted(out.rglob("*")) if path.is_file() and _leaks(path, out, source)]
    assert leaks == []


def _leaks(path: Path, out: Path, source: Path) -> bool:
    if TEXT_FOLDERS & set(path.relative_to(out).parts):
        return False
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        columns = [name for name in table.column_names if name not in TEXT_COLUMNS]
        return WORD in json.dumps(table.select(columns).to_pylist(), default=str)
    # Plans name the files that are to be read.
    return WORD in path.read_bytes().decode("utf-8", "replace").replace(str(source), "")
