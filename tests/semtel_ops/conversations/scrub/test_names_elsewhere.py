import pytest

from semtel_ops.conversations.scrub.names_elsewhere import names_elsewhere


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("제 이름은 박서연입니다", ["박서연"]),
        ("我叫周晓梅，今年二十岁", ["周晓梅"]),
        ("私の名前は鈴木一郎です", ["鈴木一郎"]),
        ("मेरा नाम राजेश कुमार है", ["राजेश कुमार"]),
        ("اسمي كريم منصور", ["كريم منصور"]),
        ("我是学生", []),
    ],
)
def test_a_frame_of_words_announces_a_name(text: str, names: list[str]) -> None:
    assert [text[span.start : span.end] for span in names_elsewhere(text)] == names
