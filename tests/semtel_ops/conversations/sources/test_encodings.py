import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.sources.encodings import as_utf8, decode_anyway, decode_text

GERMAN = "Größe und Übergewicht – was „hilft“ für 5 €?"
FRENCH = "Où est l’élève qui a oublié son cahier à l’école…"


@pytest.mark.parametrize("text", [GERMAN, FRENCH, "España, ¿qué tal?", "Ærø og Ålborg ligger i Danmark"])
def test_european_text_of_windows_is_read_and_noted(text: str) -> None:
    decoded = decode_text(text.encode("cp1252"))
    assert decoded is not None
    assert decoded.text == text
    assert decoded.repair is not None
    assert decode_text(text.encode()) == (text, None)


@pytest.mark.parametrize(
    "data",
    [
        '[{"role": "user", "content": "Что мне делать?"}]'.encode("cp1251"),
        '[{"role": "user", "content": "Γεια σου"}]'.encode("cp1253"),
        '[{"role": "user", "content": "안녕하세요"}]'.encode("euc_kr"),
        '[{"role": "user", "content": "你好吗"}]'.encode("gbk"),
        "花の水やり".encode("shift_jis"),
        "這是一個問題".encode("big5"),
        b"\x81\x8d\x90 abc def ghi",
        "Grüße".encode() + b" und \xfcber alles was gut ist",
        b"caf\xe2\x80",
        b"\xff\xfe\xfd",
    ],
)
def test_bytes_that_are_not_plausible_are_not_read_as_windows(data: bytes) -> None:
    assert decode_text(data) is None
    decoded = decode_anyway(data)
    assert "\ufffd" in decoded.text
    assert decoded.repair is not None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_a_byte_order_mark_tells_the_encoding(encoding: str, size: int) -> None:
    data = f"{GERMAN}\n🎉".encode(encoding)
    first = data[:4]
    chunks = [first, *(data[at : at + size] for at in range(4, len(data), size))]
    assert b"".join(as_utf8(chunks)).decode() == f"{GERMAN}\n🎉"


def test_half_a_character_at_the_end_is_noted_as_damage() -> None:
    data = "ab".encode("utf-16")[:-1]
    assert decode_anyway(b"".join(as_utf8([data]))).repair is not None


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_no_bytes_raise(chunks: list[bytes]) -> None:
    decode_anyway(b"".join(as_utf8(iter(chunks)))).text.encode()
