import pytest

from semtel_ops.conversations.scrub import PiiType
from semtel_ops.conversations.scrub.cued import cued


def _found(text: str) -> set[tuple[PiiType, str]]:
    return {(span.type, text[span.start : span.end]) for span in cued(text, text.lower())}


@pytest.mark.parametrize(
    ("text", "pii", "value"),
    [
        ("Reisepass Nr. C01X00T47", PiiType.PASSPORT, "C01X00T47"),
        ("my plate is BD51 SMR", PiiType.VEHICLE, "BD51 SMR"),
        ("she was born 12 Jan 1988", PiiType.DATE_OF_BIRTH, "12 Jan 1988"),
        ("add me on discord frostbyte#4821", PiiType.HANDLE, "frostbyte#4821"),
        ("my snapchat username is moonpie_77", PiiType.HANDLE, "moonpie_77"),
    ],
)
def test_a_cue_gives_the_value_after_it_away(text: str, pii: PiiType, value: str) -> None:
    assert _found(text) == {(pii, value)}


@pytest.mark.parametrize(
    "text",
    [
        "Alan Turing was born on June 23, 1912",
        "my snapchat is broken again",
        "passport control opens at 0900 hours",
        "my passport is [PASSPORT], valid until 2031",
    ],
)
def test_history_services_and_placeholders_give_nothing_away(text: str) -> None:
    assert _found(text) == set()
