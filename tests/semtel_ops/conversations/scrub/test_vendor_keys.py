"""Vendors' keys are found wherever they stand, and every row of the table keeps what the engine relies on."""

import re
import time
from pathlib import Path

import pytest

from semtel_ops.conversations.scrub import RuleScrubber
from semtel_ops.conversations.scrub.secret_keys import secrets
from semtel_ops.conversations.scrub.vendor_keys import VENDOR_KEYS, VendorKey
from semtel_ops.evaluation.marked_text import Snippet, parse_snippet
from semtel_ops.evaluation.scrub_quality import measure, recall

scrubber = RuleScrubber()
_CORPUS = Path(__file__).parents[3] / "scrub_corpus" / "code.txt"
_LINES = [line for line in _CORPUS.read_text(encoding="utf-8").splitlines() if "<<secret/" in line]


def drawn(seed: int) -> list[Snippet]:
    """The lines of the corpus with other keys: what a line draws depends on all of it."""
    return [parse_snippet(f"{line} {seed}", language="code", where=str(at)) for at, line in enumerate(_LINES)]


KEPT = [
    "commit de9f2c7fd25e1b3afad3e85a0bd17d9b100db4b3 and d41d8cd98f00b204e9800998ecf8427e",
    "550e8400-e29b-41d4-a716-446655440000",
    '"integrity": "sha512-XsWfJtRjJn8kZkzwkK5ZbMIgZ4hYSGRzXwQJZnHk+RlXoJq4mhKjHYcBqDdCxh5dOZrO5OcW+UpB9LGCMFbYsg=="',
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJg",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx, sk-your-api-key-goes-here, sk-learn-compatible-estimators, ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "task-management-for-everyone and risk-assessment-procedures-for-2024-and-2025",
    "npm_config_cache, npm_package_name, hf_transfer, api-version, key-value-store, re_compile_something",
    "function a(b,c){return b.d(c).e||f(g,h)}var i=j[k]?l:m;n.prototype.o=function(){}",
    "src/components/AccountSettingsPage/index.module.css and /usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    "https://www.example.com/watch?v=dQw4w9WgXcQ&list=PLx0sYbCqOb8TBPRdmBHs5Iftvv9TPboYG",
    "ACGTACGTTAGCTAGCTAGGATCGATCGATTAGCTAGCATCGACTAGC",
    "gpt-4-turbo-2024-04-09-preview, claude-3-5-sonnet-20241022, Meta-Llama-3.1-70B-Instruct-Turbo",
    "SKELETON ACCOUNT EAAccess MTV NDA OTC MTB. Mjolnir NTFS, patents. OTHERWISE",
    "-----BEGIN CERTIFICATE----- and -----BEGIN PUBLIC KEY-----",
]


def test_forty_vendors_and_more_are_known_and_measured() -> None:
    assert len({key.vendor for key in VENDOR_KEYS}) >= 80
    assert len({mark.kind for snippet in drawn(0) for mark in snippet.marks}) >= 70


@pytest.mark.parametrize("seed", range(4))
def test_keys_are_found_in_code_configuration_logs_and_prose(seed: int) -> None:
    """At least 97 of 100: a random key may look like words."""
    outcomes = measure(scrubber, drawn(seed))
    assert recall(outcomes).share >= 0.97, [outcome.missed for outcome in outcomes if outcome.missed]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_key_stays(text: str) -> None:
    assert scrubber.scrub(text).text == text


@pytest.mark.parametrize("key", VENDOR_KEYS, ids=lambda key: f"{key.vendor}, {key.kind}")
def test_a_row_keeps_what_engine_and_prefilter_rely_on(key: VendorKey) -> None:
    assert re.match(r"\[[^\]]+\]\{\d+|\(\?!", key.rest)
    assert not re.search(r"[*+](?![^\[]*\])|\{\d+,\}|\\[wds]", key.rest + key.before)
    assert key.starts.isascii()
    assert key.source


@pytest.mark.parametrize("seed", range(4, 6))
def test_many_keys_at_once_are_found_as_each_is_alone(seed: int) -> None:
    texts = [snippet.text for snippet in drawn(seed)]
    alone = {at: scrubbed for at, scrubbed in enumerate(map(scrubber.scrub, texts)) if scrubbed.counts}
    assert scrubber.scrub_all(texts) == alone
    assert len(alone) > 0.97 * len(texts)


@pytest.mark.parametrize("seed", range(6, 8))
def test_scrubbing_again_changes_nothing(seed: int) -> None:
    for snippet in drawn(seed):
        once = scrubber.scrub(snippet.text).text
        assert scrubber.scrub(once).text == once


def test_time_grows_with_near_keys_and_no_faster() -> None:
    """Each start over and over, with a little that could be of its key: eight times the text in less than 24 times the time."""

    def seconds(unit: str, chars: int) -> float:
        text = unit * (chars // len(unit) + 1)
        before = time.process_time()
        for _ in secrets(text, text.lower()):
            pass
        return time.process_time() - before

    for key in VENDOR_KEYS:
        for start in key.starts.split()[:2]:
            unit = f"{start}a1-"
            assert seconds(unit, 24_000) < 24 * max(seconds(unit, 3_000), 0.002), start
