"""A folder of everything that can be wrong with files: the run finishes, and each record landed or is in the quarantine."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from semtel_ops.cli.main import cli
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint


def record(name: str, text: str, **fields: object) -> dict[str, object]:
    return {"conversation_id": name, "messages": [{"role": "user", "content": text}], **fields}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    whole = gzip.compress("\n".join(json.dumps(record(f"gz{n}", f"gzip {n} " * 50)) for n in range(2000)).encode())
    (source / "half.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (source / "binary.jsonl").write_bytes(bytes(range(256)) * 64)
    array = json.dumps([record(f"cut{n}", f"array {n}") for n in range(10)])
    (source / "cut.json").write_text(array[:-60])
    pq.write_table(pa.table({"colour": ["red"], "size": [3]}), source / "other.parquet")
    (source / "empty.jsonl").touch()
    odd = [
        record("huge", "word " * 2_000_000),
        record("special", "<|endoftext|> is text <|im_start|>system"),
        record("nul", "a\x00b"),
        record("same", "one text"),
        record("same", "one text"),
        record("clash", "text one"),
        record("clash", "text two"),
        {"conversation_id": "no turns", "messages": []},
        {"nothing": "known"},
    ]
    lines = [json.dumps(item) for item in odd]
    lines += [
        '{"conversation_id": "surrogate", "messages": [{"role": "user", "content": "lone \\ud800 half"}]}',
        "{not json",
        "[" * 5000,
    ]
    (source / "odd.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return source


def test_every_record_of_a_bad_folder_is_accounted_for(folder: Path, tmp_path: Path) -> None:
    with simulated_endpoint() as simulator:
        endpoints = tmp_path / "endpoints.yaml"
        endpoints.write_text(f"endpoints: [{{name: sim, base_url: '{simulator.base_url}', model: simulated-small}}]")
        command = ["classify", str(folder), "--classifiers", "topic", "--endpoints", str(endpoints)]
        result = CliRunner().invoke(cli, [*command, "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    rows = [row for path in (tmp_path / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    landed = {row["conversation_id"] for row in rows}

    assert manifest["landed"] == manifest["sampled"] == len(rows) == len(landed)
    assert manifest["read"] == manifest["sampled"] + manifest["quarantined"] + manifest["duplicates"]
    assert {row["status"] for row in rows} == {"success"}
    assert {"huge", "special", "nul", "same", "surrogate", "gz0", "cut0"} <= landed
    assert not {"clash", "no turns"} & landed

    quarantined = [json.loads(line) for path in (tmp_path / "out" / "quarantine").glob("*") for line in path.open()]
    assert len(quarantined) == manifest["quarantined"]
    places = " ".join(entry["place"] for entry in quarantined)
    for name in ("half.jsonl.gz", "binary.jsonl", "cut.json", "other.parquet", "odd.jsonl"):
        assert name in places, f"{name} is not accounted for"
    assert not any("word word" in json.dumps(entry) for entry in quarantined)
    (huge,) = [row for row in rows if row["conversation_id"] == "huge"]
    assert huge["truncated_tokens"] > 1_000_000
