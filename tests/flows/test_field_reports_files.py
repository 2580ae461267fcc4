"""Sources as object stores and tools leave them, from the listing to the shards of the sample."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.object_store import s3_client, s3_environment, s3_server
from tests.support.processes import semtel

pytest.importorskip("s3fs", reason="needs the extra s3: pip install -c constraints.txt -e '.[s3]'")
pytest.importorskip("moto.server", reason="needs moto, which the extra dev installs: make install")

BUCKET = "semtel-files"
NAMES = ("a b.jsonl", "a+b.jsonl", "a%20b.jsonl", "a#b.jsonl", "a?b.jsonl", "größe.jsonl", "deep/er/c.jsonl", "a=1/b&c.jsonl")
MARKS = (
    "chats/",
    "chats/deep/",
    "chats/deep/er/",
    "chats/empty/",
    "chats/old_$folder$",
    "chats/_SUCCESS",
    "chats/_delta_log/0.json",
)


@pytest.fixture
def s3_url() -> Iterator[str]:
    """An S3 server on loopback, in this process; its URL."""
    with s3_server() as url:
        yield url


@pytest.fixture
def environment(s3_url: str, tmp_path: Path) -> dict[str, str]:
    store = s3_client(s3_url)
    store.create_bucket(Bucket=BUCKET)
    for number, name in enumerate(NAMES):
        line = {"id": f"c{number}", "messages": [{"role": "user", "content": f"question {number}"}]}
        store.put_object(Bucket=BUCKET, Key=f"chats/{name}", Body=json.dumps(line).encode() + b"\n")
    for mark in MARKS:
        store.put_object(Bucket=BUCKET, Key=mark, Body=b"")
    return (
        os.environ
        | s3_environment(s3_url)
        | {
            "SEMTEL_LAKE": f"{tmp_path}/lake",
            "DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db",
        }
    )


@pytest.mark.slow
def test_the_marks_of_folders_are_no_files_and_odd_names_are_read(environment: dict[str, str]) -> None:
    """fsspec/filesystem_spec#1665, fsspec/s3fs#800, mlflow/mlflow#25137"""
    said = semtel("ingest", "--source", f"s3://{BUCKET}/chats/", "--week", "2026-W47", "--json", environment=environment)
    found = json.loads(said)
    assert (found["read"], found["unreadable"], found["sampled"]) == (len(NAMES), 0, len(NAMES))
