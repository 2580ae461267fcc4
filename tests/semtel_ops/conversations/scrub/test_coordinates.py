import pytest

from semtel_ops.conversations.scrub.coordinates import coordinates


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("I'm at 48.8583, 2.2944 now", ["48.8583, 2.2944"]),
        ("40.712776, -74.005974", ["40.712776, -74.005974"]),
        ("lat=52.520008", ["52.520008"]),
        ("51°28'40.1\"N 0°00'05.3\"W", ["51°28'40.1\"N 0°00'05.3\"W"]),
        ("loss 0.12345, 0.23456", []),
        ("1.12345, 2.12345, 3.12345", []),
    ],
)
def test_places_are_pairs_with_a_word_or_enough_decimals(line: str, places: list[str]) -> None:
    assert [line[span.start : span.end] for span in coordinates(line, line.lower())] == places
