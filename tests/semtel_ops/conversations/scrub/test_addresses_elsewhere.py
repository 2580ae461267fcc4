import pytest

from semtel_ops.conversations.scrub.addresses_elsewhere import addresses_elsewhere


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ul. Kwiatowa 12/3", "ul. Kwiatowa 12/3"),
        ("Bağdat Cad. No:45", "Bağdat Cad. No:45"),
        ("北京市朝阳区建国路88号", "北京市朝阳区建国路88号"),
        ("서울시 강남구 테헤란로 123", "서울시 강남구 테헤란로 123"),
        ("شارع الملك فهد 12", "شارع الملك فهد 12"),
        ("et al. Smith 12", None),
    ],
)
def test_streets_are_found_by_their_words(line: str, address: str | None) -> None:
    found = [line[span.start : span.end] for span in addresses_elsewhere(line, line.lower())]
    assert found == ([address] if address else [])
