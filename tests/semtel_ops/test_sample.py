"""The sample in include/sample: made by its script, readable, truly labelled, and telling the story its README tells."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.classifiers import Kind, load_classifiers
from semtel_ops.classifiers.rubric import VERDICTS
from semtel_ops.conversations import sources
from semtel_ops.conversations.scrub import PiiType, RuleScrubber
from semtel_ops.settings import PipelineConfig
from semtel_ops.tokens import TiktokenCounter

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "include" / "sample"
PACKED = "conversations.jsonl.gz"


def records() -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((SAMPLE / PACKED).read_bytes()).splitlines()]


def by_week(found: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    weeks: dict[str, list[dict[str, Any]]] = {}
    for record in found:
        weeks.setdefault(datetime.fromisoformat(record["started_at"]).strftime("%G-W%V"), []).append(record)
    return weeks


def share(found: list[dict[str, Any]], classifier: str, label: str) -> float:
    return sum(record["labels"][classifier] == label for record in found) / len(found)


def make(folder: Path) -> bytes:
    shutil.copy(SAMPLE / "README.md", folder)
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_sample.py"), str(folder)], check=True, capture_output=True)
    return (folder / PACKED).read_bytes()


def test_the_script_makes_what_is_shipped_and_makes_it_twice_alike(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    assert one == two
    # What is packed is compared: builds of zlib pack the same text into different bytes.
    assert gzip.decompress(one) == gzip.decompress((SAMPLE / PACKED).read_bytes())
    assert (tmp_path / "one" / "README.md").read_bytes() == (SAMPLE / "README.md").read_bytes()


def test_every_record_is_read_and_the_file_is_small() -> None:
    read = list(sources.read_file(str(SAMPLE / PACKED), max_record_mb=1))
    assert not [entry for entry in read if isinstance(entry, sources.Unreadable)]
    assert 380 <= len(read) <= 450
    assert (SAMPLE / PACKED).stat().st_size < 400_000


def test_every_classifier_has_a_true_label_and_every_label_is_used() -> None:
    specs = load_classifiers(ROOT / "include" / "prompts", PipelineConfig().classifiers)
    found = records()
    for spec in specs:
        allowed = set(VERDICTS) if spec.kind is Kind.RUBRIC else set(spec.label_ids)
        assert {record["labels"][spec.id] for record in found} == allowed
    assert all(record["labels"].keys() == {spec.id for spec in specs} for record in found)


def test_two_records_are_copies_and_no_others() -> None:
    found = records()
    ids = Counter(record["conversation_id"] for record in found)
    said = Counter(json.dumps(record["messages"]) for record in found)
    assert sorted(ids.values())[-2:] == [1, 2]
    assert sorted(said.values())[-3:] == [1, 2, 2]
    twice = [record for record in found if ids[record["conversation_id"]] == 2]
    assert twice[0] == twice[1]


def test_four_weeks_of_about_a_hundred_in_the_order_of_time() -> None:
    found = records()
    assert {week: 95 <= len(held) <= 125 for week, held in by_week(found).items()} == dict.fromkeys(
        ["2026-W43", "2026-W44", "2026-W45", "2026-W46"], True
    )
    assert [record["started_at"] for record in found] == sorted(record["started_at"] for record in found)


def test_technology_rises_in_the_last_week_and_disappoints_in_the_one_before() -> None:
    weeks = list(by_week(records()).values())
    technology = [[record for record in week if record["labels"]["topic"] == "technology"] for week in weeks]
    shares = [share(week, "topic", "technology") for week in weeks]
    let_down = [share(week, "satisfaction", "dissatisfied") for week in technology]
    assert shares[3] > max(shares[:3]) + 0.1
    assert max(shares[:3]) - min(shares[:3]) < 0.04
    assert let_down[2] > 0.5
    assert max(let_down[0], let_down[1], let_down[3]) < 0.25


def test_languages_lengths_and_turns_vary() -> None:
    found = records()
    languages = Counter(record["language"] for record in found)
    assert len(languages) >= 8
    assert languages["en"] > len(found) / 2
    turns = [len(record["messages"]) for record in found]
    assert min(turns) == 1
    assert max(turns) >= 8
    counter = TiktokenCounter()
    tokens = [counter.count("\n".join(turn["content"] for turn in record["messages"])) for record in found]
    assert min(tokens) < 10
    assert sum(count > 3_000 for count in tokens) >= 8


@pytest.mark.parametrize("pii", [PiiType.EMAIL, PiiType.PHONE, PiiType.CREDIT_CARD, PiiType.IP_ADDRESS, PiiType.NAME])
def test_there_is_personal_data_to_scrub(pii: PiiType) -> None:
    scrubber = RuleScrubber([pii])
    hit = [record for record in records() if any(scrubber.scrub(turn["content"]).counts for turn in record["messages"])]
    assert len(hit) >= 3


def test_personal_data_is_of_ranges_that_belong_to_nobody() -> None:
    text = "\n".join(turn["content"] for record in records() for turn in record["messages"])
    assert set(re.findall(r"[\w.]+@([\w-]+\.[\w.]*\w)", text)) <= {"example.com", "203.0.113"} | {
        found for found in re.findall(r"deploy@([\d.]+\d)", text) if found.startswith("203.0.113.")
    }
    assert all(found.startswith("203.0.113.") for found in re.findall(r"\b\d{2,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text))
    assert all(found.startswith("555-01") for found in re.findall(r"\(\d{3}\) (\d{3}-\d{4})", text))
    assert any("<|endoftext|>" in turn["content"] for record in records() for turn in record["messages"])
