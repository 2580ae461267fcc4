"""Ids in the lake: references as they are, everything else as a hash."""

import hashlib

import pytest

from semtel_ops.conversations.lake_ids import LakeIds, is_reference, lake_ids, shown_id
from semtel_ops.errors import ConfigError
from semtel_ops.settings import SourceConfig

REFERENCES = [
    "c1", "chat_000123", "chatcmpl-9xYz", "6b1f0c8e-0f1c-4d3e-9a50-0b8a1c2d3e4f", "2026-11-18/000123", "2026-11-18-42",
    "9007199254740993", "a.b:c/d=e|f", "_x", "dGhpcw==", "会話-7", "José", "case 12, first try", "ticket (2)", "заказ 5", "my first chat",
    "0-17", "20261118-000123", "1234-56-78/9012345678",
]  # fmt: skip
PERSONAL = [
    "ada@example.com", "mailto:ada@example.com", "+4915112345678 ", "+49 151 12345678", "555-123-4567", "192.0.2.7",
    "123-45-6789", "Ada Lovelace", "Ada M. Lovelace", "José Álvarez Pérez", "(415) 555-2671", "020 7946 0958", "</script><script>", "a\nb", "a\x1b[31mb", "x" * 513, "../../etc/passwd", "",
]  # fmt: skip


@pytest.mark.parametrize("source_id", REFERENCES)
def test_a_reference_is_its_own_id(source_id):
    assert LakeIds().of(source_id) == source_id


@pytest.mark.parametrize("source_id", PERSONAL)
def test_an_id_that_is_more_than_a_reference_is_hashed(source_id):
    assert not is_reference(source_id)
    made = LakeIds().of(source_id)
    assert made == "h-" + hashlib.blake2b(source_id.encode(), digest_size=16).hexdigest()
    assert LakeIds().of(made) == made
    assert shown_id(source_id) == made


def test_settings_hash_all_ids_or_none():
    assert LakeIds("hash").of("c1").startswith("h-")
    assert LakeIds("keep").of("ada@example.com") == "ada@example.com"


def test_a_key_changes_every_hash_and_is_never_shown(monkeypatch):
    monkeypatch.setenv("IDS_KEY", "a key of any length " * 10)
    keyed = lake_ids(SourceConfig(ids="hash", ids_key_env="IDS_KEY"))
    assert keyed.of("c1") != LakeIds("hash").of("c1")
    assert keyed.of("c1") == lake_ids(SourceConfig(ids="hash", ids_key_env="IDS_KEY")).of("c1")
    assert "key=" not in repr(keyed)


def test_a_missing_key_is_an_error_that_names_the_variable(monkeypatch):
    monkeypatch.delenv("IDS_KEY", raising=False)
    with pytest.raises(ConfigError, match=r"source.ids_key_env.*IDS_KEY.*not set"):
        lake_ids(SourceConfig(ids_key_env="IDS_KEY"))


def test_an_id_is_found_again_whatever_the_settings_were():
    keyed = LakeIds("hash", b"k" * 32)
    every = {ids.of("ada@example.com") for ids in (LakeIds(), LakeIds("keep"), LakeIds("hash"), keyed)}
    assert every == set(keyed.forms("ada@example.com"))


@pytest.mark.parametrize("source_id", ["4915112345678", "5551234567", "a" * 100, "ada@example.com"])
def test_people_see_the_hash_of_what_may_be_a_phone_number_or_is_too_long(source_id):
    assert shown_id(source_id) == LakeIds("hash").of(source_id)


def test_people_see_a_bare_reference():
    assert shown_id("chat-17") == "chat-17"
    assert shown_id("case 12, first try") == LakeIds("hash").of("case 12, first try")
