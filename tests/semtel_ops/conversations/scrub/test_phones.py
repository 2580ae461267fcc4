import pytest

from semtel_ops.conversations.scrub.char_mask import char_mask
from semtel_ops.conversations.scrub.phones import phones


def _found(line: str) -> set[str]:
    return {line[span.start : span.end] for span in phones(line, line.lower(), char_mask(line))}


@pytest.mark.parametrize(
    ("line", "phone"),
    [
        ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("06.12.34.56.78", "06.12.34.56.78"),
        ("numer 501 234 567 do mnie", "501 234 567"),
        ("tlf 912 34 567", "912 34 567"),
        ("τηλέφωνο 210 1234567", "210 1234567"),
    ],
)
def test_a_phone_is_found_by_its_shape_or_its_cue(line: str, phone: str) -> None:
    assert _found(line) == {phone}


@pytest.mark.parametrize("line", ["order number 501-234-567", "call 14.03.2026", "call(1234567)", "1 234 567 people"])
def test_other_numbers_are_no_phones(line: str) -> None:
    assert _found(line) == set()
