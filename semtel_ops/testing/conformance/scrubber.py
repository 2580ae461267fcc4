"""Conformance tests of scrub engines."""

from collections.abc import Collection
from typing import Final

from semtel_ops.conversations.scrub import MakeScrubber, PiiType
from semtel_ops.testing.conformance.conversations import sample_conversations

_HARMLESS: Final = (
    "", " ", "How do I sort a list in Python?", "The war of 1870 to 1871.", "It costs 12.50, or 1,000 in bulk.", "中文 🙂",
    "[EMAIL] wrote to [NAME]", "half of a pair: \ud83d",
)  # fmt: skip
_PERSONAL: Final[dict[PiiType, str]] = {
    PiiType.EMAIL: "Write to ada.lovelace@example.com today.",
    PiiType.PHONE: "Call me at +44 20 7946 0958.",
    PiiType.IBAN: "Pay to DE89 3704 0044 0532 0130 00 please.",
    PiiType.CREDIT_CARD: "My card is 4111 1111 1111 1111.",
    PiiType.IP_ADDRESS: "The server is 203.0.113.42.",
    PiiType.CREDENTIALS: "It is at postgres://ada:sw0rdfish@db.example.com/main.",
    PiiType.SECRET: "export KEY=ghp_abcdefghijklmnopqrstuvwxyz0123456789",
}
_VALUES: Final = (
    "ada.lovelace@example.com", "7946 0958", "3704 0044", "4111 1111", "203.0.113.42", "sw0rdfish", "ghp_abcdefghijkl",
)  # fmt: skip
"""Personal data in the texts above, in their order."""


class ScrubberSuite:
    """Fixtures: `make`, the function that makes the engine; `finds`, the types that the engine recognizes."""

    def test_what_it_knows_is_replaced_by_the_placeholder_of_its_type(
        self, make: MakeScrubber, finds: Collection[PiiType]
    ) -> None:
        scrubber = make(())
        for (pii, text), value in zip(_PERSONAL.items(), _VALUES, strict=True):
            if pii in finds:
                scrubbed = scrubber.scrub(text)
                assert value not in scrubbed.text
                assert pii.placeholder in scrubbed.text
                assert scrubbed.counts[pii] == 1

    def test_only_types_that_are_asked_for_are_replaced(self, make: MakeScrubber, finds: Collection[PiiType]) -> None:
        for pii, text in _PERSONAL.items():
            others = [other for other in finds if other is not pii]
            if pii in finds and others:
                assert pii not in make(others).scrub(text).counts

    def test_text_without_personal_data_is_left_alone(self, make: MakeScrubber) -> None:
        scrubber = make(())
        assert [scrubber.scrub(text).text for text in _HARMLESS] == list(_HARMLESS)

    def test_scrubbing_again_changes_nothing(self, make: MakeScrubber) -> None:
        scrubber = make(())
        for text in (*_PERSONAL.values(), *_texts()):
            once = scrubber.scrub(text).text
            assert scrubber.scrub(once).text == once

    def test_many_texts_come_out_as_each_does_alone(self, make: MakeScrubber) -> None:
        scrubber = make(())
        texts = [*_PERSONAL.values(), *_HARMLESS, *_texts()]
        alone = {index: scrubbed for index, text in enumerate(texts) if (scrubbed := scrubber.scrub(text)).counts}
        assert scrubber.scrub_all(texts) == alone
        assert scrubber.scrub_all([]) == {}


def _texts() -> list[str]:
    return [turn.content for turns in sample_conversations() for turn in turns]
