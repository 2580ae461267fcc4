"""The ids of conversations in the lake: a source's own id where it is only a reference, else a hash of it.

Ids stand in label rows, pages, alerts and logs, since analysts join by them. An id that names a person (an e-mail address, a
phone number) would carry personal data to all of these. The decision depends on the id and on two settings alone, so the same
id is the same in every week and on every machine.
"""

import hashlib
import re
from dataclasses import dataclass, field

from semtel_ops.errors import ConfigError
from semtel_ops.settings import SourceConfig
from semtel_ops.settings.environment import read_secret
from semtel_ops.words import SourceIds

PREFIX = "h-"
"""Begins every hashed id; the 32 hex digits of BLAKE2b follow."""
_DIGEST_BYTES = 16
_BARE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/=|~#$,+-]{0,511}")
_MAX_CHARS = 512
_NEVER = frozenset("@＠<>\\")
# Digits in groups, as phone numbers, IP addresses and national ids are written; after a date they are serial numbers.
_GROUPED_DIGITS = re.compile(r"\+?(?!(?:19|20)\d\d[-./]?(?:0[1-9]|1[0-2])[-./]?[0-3]\d\b)\(?\d+(?:[-./: ()]{1,2}\d+)+")
_IP_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# Two words or more that begin with a capital, and no digits: `Ada Lovelace`, `Ada Lovelace, London`.
_NAME = re.compile(r"[^\W\d_]\w*(?:[ .,'’-]+[^\W\d_]\w*)+\.?")
_PHONE_DIGITS = range(7, 16)
_SHOWN_CHARS = 64


@dataclass(frozen=True, slots=True)
class LakeIds:
    """Maps ids of a source to ids in the lake.

    Attributes:
        ids: `source.ids`.
        key: of the hash; without a key, who guesses an id can check the guess.
    """

    ids: SourceIds = "scrub"
    key: bytes = field(default=b"", repr=False)

    def of(self, source_id: str) -> str:
        """The id in the lake."""
        if self.ids == "keep" or (self.ids == "scrub" and is_reference(source_id)):
            return source_id
        return self.hashed(source_id)

    def hashed(self, source_id: str) -> str:
        digest = hashlib.blake2b(source_id.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES, key=self.key)
        return f"{PREFIX}{digest.hexdigest()}"

    def forms(self, source_id: str) -> tuple[str, ...]:
        """Every id that a source's id may have in the lake, whatever the settings were when a week was sampled.

        The id itself, its hash with the key, and its hash without one; a hash under another key cannot be told.
        """
        return tuple(dict.fromkeys((self.of(source_id), source_id, self.hashed(source_id), LakeIds().hashed(source_id))))


def lake_ids(source: SourceConfig) -> LakeIds:
    """The mapping that a configuration names.

    Raises:
        ConfigError: the environment variable of the key is not set.
    """
    if source.ids_key_env is None:
        return LakeIds(source.ids)
    secret = read_secret(source.ids_key_env)
    if secret is None:
        raise ConfigError("source.ids_key_env", source.ids_key_env, "is not set in the environment; export it with the key")
    return LakeIds(source.ids, hashlib.blake2b(secret.encode(), digest_size=32).digest())


def is_reference(source_id: str) -> bool:
    """Whether an id only refers to a record: no address, no grouped digits, no name of a person, nothing that is not printed.

    A number without separators is taken for the key of a table, though it may be a phone number, and a single word for an
    account or a title, though it may be a first name: such a source needs `hash`.
    """
    if _BARE.fullmatch(source_id) is None:
        printed = source_id.isprintable() and source_id == source_id.strip() and len(source_id) <= _MAX_CHARS
        if not printed or not (source_id[:1].isalnum() or source_id[:1] in {"_", "("}) or not _NEVER.isdisjoint(source_id):
            return False
        if " " in source_id and _is_name(source_id):
            return False
    # Most ids end in a letter or begin with one.
    return not source_id[-1].isdigit() or source_id[0].isalpha() or not _is_number(source_id)


def _is_number(text: str) -> bool:
    """Whether it is written as a phone number, an IP address or a number of a person is; `0-17` is too short for these."""
    long = sum(map(str.isdigit, text)) in _PHONE_DIGITS
    return (long and _GROUPED_DIGITS.fullmatch(text) is not None) or _IP_ADDRESS.fullmatch(text) is not None


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and sum(word[0].isupper() for word in text.split()) > 1


def shown_id(conversation_id: str) -> str:
    """An id for people: its hash where it may be personal data, whatever the settings are, or is too long to read."""
    bare_phone = conversation_id.isdecimal() and len(conversation_id) in _PHONE_DIGITS
    plain = len(conversation_id) <= _SHOWN_CHARS and _BARE.fullmatch(conversation_id) is not None
    if plain and is_reference(conversation_id) and not bare_phone:
        return conversation_id
    return LakeIds().hashed(conversation_id)
