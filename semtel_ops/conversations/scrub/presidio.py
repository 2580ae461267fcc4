"""Presidio as a scrubbing engine: a language model recognizes names and places. Needs the extra `presidio`."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

from semtel_ops.conversations.scrub.model import PiiType, Scrubbed, Span, merge, replace, scrub_each
from semtel_ops.conversations.scrub.rules import RuleScrubber
from semtel_ops.errors import ConfigError

# spaCy rejects texts of more than a million characters, and its memory grows with the length.
_CHUNK_CHARS = 100_000

_ENTITIES: dict[str, PiiType] = {
    "EMAIL_ADDRESS": PiiType.EMAIL,
    "PHONE_NUMBER": PiiType.PHONE,
    "CREDIT_CARD": PiiType.CREDIT_CARD,
    "IBAN_CODE": PiiType.IBAN,
    "IP_ADDRESS": PiiType.IP_ADDRESS,
    "PERSON": PiiType.NAME,
    "LOCATION": PiiType.ADDRESS,
    "US_BANK_NUMBER": PiiType.BANK_ACCOUNT,
    "CRYPTO": PiiType.CRYPTO_ADDRESS,
    "US_SSN": PiiType.NATIONAL_ID,
    "US_ITIN": PiiType.NATIONAL_ID,
    "US_PASSPORT": PiiType.NATIONAL_ID,
    "US_DRIVER_LICENSE": PiiType.NATIONAL_ID,
    "UK_NHS": PiiType.NATIONAL_ID,
    "UK_NINO": PiiType.NATIONAL_ID,
    "ES_NIF": PiiType.NATIONAL_ID,
    "ES_NIE": PiiType.NATIONAL_ID,
    "IT_FISCAL_CODE": PiiType.NATIONAL_ID,
    "PL_PESEL": PiiType.NATIONAL_ID,
    "IN_AADHAAR": PiiType.NATIONAL_ID,
    "IN_PAN": PiiType.NATIONAL_ID,
    "AU_TFN": PiiType.NATIONAL_ID,
    "SG_NRIC_FIN": PiiType.NATIONAL_ID,
}

_SECRET_TYPES = frozenset({PiiType.SECRET, PiiType.CREDENTIALS, PiiType.CRYPTO_ADDRESS})


class Finding(Protocol):
    """The part of Presidio's `RecognizerResult` that is read here."""

    start: int
    end: int
    entity_type: str


class Analyzer(Protocol):
    """The part of Presidio's `AnalyzerEngine` that is used here."""

    def analyze(self, text: str, language: str, entities: list[str] | None = None) -> Sequence[Any]: ...


class PresidioScrubber:
    """The rules for secrets, which Presidio would cut to pieces, then Presidio, then all rules for what it missed.

    Unlike the rules engine, a second pass may replace a little more: next to a placeholder, a model may recognize a name that
    it did not recognize before.

    Args:
        analyzer: an `AnalyzerEngine`; None: one with Presidio's defaults.
        types: the types to replace; empty means all.
    """

    def __init__(self, analyzer: Analyzer | None = None, types: Collection[PiiType] = ()) -> None:
        self._types = frozenset(types or PiiType)
        self._entities = [entity for entity, pii in _ENTITIES.items() if pii in self._types]
        secret_types = self._types & _SECRET_TYPES
        self._secrets = RuleScrubber(secret_types) if secret_types else None
        self._rules = RuleScrubber(self._types)
        self._analyzer = analyzer or _default_analyzer()

    def scrub(self, text: str) -> Scrubbed:
        secrets = self._secrets.scrub(text) if self._secrets else Scrubbed(text)
        by_presidio = replace(secrets.text, merge(self._spans(secrets.text)))
        by_rules = self._rules.scrub(by_presidio.text)
        counts = Counter(secrets.counts) + Counter(by_presidio.counts) + Counter(by_rules.counts)
        return Scrubbed(by_rules.text, dict(counts))

    def scrub_all(self, texts: Sequence[str]) -> dict[int, Scrubbed]:
        return scrub_each(self, texts, range(len(texts)))

    def _spans(self, text: str) -> Iterator[Span]:
        for start, chunk in _chunks(text):
            for finding in self._analyzer.analyze(text=chunk, language="en", entities=self._entities):
                pii = _ENTITIES.get(finding.entity_type)
                inside_placeholder = chunk[max(0, finding.start - 1) : finding.start] == "["
                if pii in self._types and not inside_placeholder:
                    yield Span(start + finding.start, start + finding.end, pii)


def make_presidio(types: Collection[PiiType]) -> PresidioScrubber:
    """Microsoft Presidio, installed with `pip install 'semtel-ops[presidio]'`.

    Raises:
        ConfigError: Presidio or its language model is not installed.
    """
    return PresidioScrubber(types=types)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Start and text of pieces of at most `_CHUNK_CHARS`, cut between lines or words where possible."""
    at = 0
    while at < len(text):
        end = at + _CHUNK_CHARS
        if end < len(text):
            cut = max(text.rfind("\n", at + 1, end), text.rfind(" ", at + 1, end))
            end = cut if cut > at else end
        yield at, text[at:end]
        at = end


def _default_analyzer() -> Analyzer:
    try:
        from presidio_analyzer import AnalyzerEngine
    except ImportError:
        raise ConfigError(
            "scrub.engine", "presidio", "needs an extra: pip install 'semtel-ops[presidio]', or set the engine to rules"
        ) from None
    try:
        analyzer: Analyzer = AnalyzerEngine()
    except (OSError, SystemExit):
        # Where no spaCy model is installed, Presidio downloads it with pip, which exits the process when it fails.
        raise ConfigError(
            "scrub.engine", "presidio", "has no language model installed; run: python -m spacy download en_core_web_lg"
        ) from None
    return analyzer
