"""The screen admits whatever a rule finds: what it keeps out would never be scrubbed."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.scrub import RuleScrubber
from semtel_ops.conversations.scrub.prefilter import suspects
from semtel_ops.evaluation.marked_text import read_snippets

_HOLDING = [
    "<a@b.de>", "+44 20 7946 0958", "(555) 123-4567", "06.12.34.56.78", "Tel.: 1234567", "3782 822463 10005",
    "GB29 NWBK 6016 1331 9268 19", "sort code 20-00-00", "ping 8.8.8.8", "2001:db8::ff00:42:8329",
    "2001:0db8:0000:0000:0000:ff00:0042:8329", "sk-proj-abc123DEF456ghi789JKL", "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "Basic abcDEF123456ghiJKL789", "password: hunter22!",
    "password is\xa0hunter22", "client_secret=0123456789abcdef0123456789abcdef", "token := '9f8A7b6C5d4E3f2G1h0I'",
    "mot de passe => s3cret!x", "postgres://bob:s3cr3t@db.example/x", "-----BEGIN PRIVATE KEY-----\nMIIEabc\n", "123-45-6789",
    "NINO AB 12 34 56 C", "1 84 12 2A 451 089 46", "X1234567L", "1 RSSMRA85T10A562S", "86 095 742 719", "529.982.247-25",
    "221B Baker St", "7 5th Avenue", "P.O. Box 1234", "Berliner Straße 12", "Hauptstr. 5a", "5 rue de la Paix",
    "calle Mayor 12", "Via Roma, 12", "my name is john and", "MY NAME İS", "MY NAME\u2003IS Ann.", "mi nombre es José", "меня зовут Иван",
    "我叫王小明。", "Dear Mr. Smith,", "CHÈRE Ana,", "Best regards,\nJohn Smith", "Sincerely\nAnn",
    "3c:22:fb:4a:91:0e", "3c22.fb4a.910e", "51.50735, -0.12776", "lat: 5.1234", "51°30'26\"N 0°7'40\"W", "1HGSUMK70PA432544", "京A12345",
    "А123ВС77", "品川 300 あ 12-34", "12가 3456", "JAEPS9967F", "GOMA620422HDFRRN05", "dvtlvg96e14h501f", "138 1234 5678", "98123 45678",
    "０９０－１２３４－５６７８", "٠٥٠١٢٣٤٥٦٧", "asha@okbank", "sato＠example.jp", "passport no. C01234567", "date of birth: 14/03/1987",
    "生年月日：1987年3月14日", "my twitter is @moira_t87", "LINE ID: kenji_sato", "plaka 34 ABC 123", "apartado 1234", "bp 12, 44000 Nantes",
    "moira [at] example [dot] com", "moira dot tan at example dot com", "moira_tan at example.com", "ewa małpa example kropka pl",
    "I'm Oluwaseun Adeyemi, hi", "Name: Ellen Braddock", "저는 김철수입니다", "मेरा नाम आशा वर्मा है", "اسمي هدى سالم.", "私は田中花子です。",
    "Bağdat Cad. No:45", "ul. Kwiatowa 12/3", "ул. Ленина, д. 12", "北京市朝阳区建国路88号", "〒530-0001", "서울시 강남구 테헤란로 123", "شارع الملك فهد 12",
]  # fmt: skip
_HOLDING += [snippet.text for snippet in read_snippets(Path(__file__).parents[3] / "scrub_corpus") if snippet.marks]
_BETWEEN = ["", " ", "\n", "\t", "\xa0", "é", "İ", "ı", "ſ", "\u212a", "\u0661", "[NAME]", "1", "a", "A", ".", "-", "x" * 40]


def _mangled(text: str, rng: random.Random) -> str:
    """The text with up to two characters dropped, doubled, of the other case, or in place of another."""
    for _ in range(rng.randrange(3)):
        at = rng.randrange(len(text) or 1)
        one = text[at : at + 1]
        text = text[:at] + rng.choice(("", one * 2, one.swapcase(), rng.choice(_BETWEEN))) + text[at + 1 :]
    return text


@pytest.mark.parametrize("seed", range(4))
def test_many_texts_come_out_as_each_does_alone(seed: int) -> None:
    rng = random.Random(seed)
    texts = [
        "".join(rng.choice(_BETWEEN) + _mangled(rng.choice(_HOLDING), rng) for _ in range(rng.choice((1, 1, 2, 3))))
        for _ in range(1_000)
    ]
    scrubber = RuleScrubber()
    alone = {at: scrubbed for at, scrubbed in enumerate(map(scrubber.scrub, texts)) if scrubbed.counts}
    assert scrubber.scrub_all(texts) == alone
    assert len(alone) > 300


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), max_size=20))
@example(["\ud800 a@b.de"])
def test_any_texts_come_out_as_each_does_alone(texts: list[str]) -> None:
    scrubber = RuleScrubber()
    alone = {at: scrubbed for at, scrubbed in enumerate(map(scrubber.scrub, texts)) if scrubbed.counts}
    assert scrubber.scrub_all(texts) == alone


def test_what_a_rule_looks_for_is_suspect() -> None:
    scrubber = RuleScrubber()
    texts = [text for text in (f"before {text} after" for text in _HOLDING) if scrubber.scrub(text).counts]
    assert set(scrubber.scrub_all(texts)) == set(range(len(texts)))
    assert len(texts) > 0.9 * len(_HOLDING)


def test_ordinary_text_is_not_suspect() -> None:
    """Numbers, dates, code, and words that rules look for among others."""
    texts = [
        "In 1969 two people walked on the moon; 12 did by 1972.",
        "The key to a good soup is time, and the secret is salt.",
        "Oh dear, my teacher liked caramel. Basic algebra, 3 apples, 50 % off",
        "for i in range(100): print(i * 2)",
        "Are there 3 ways to the place? Send my regards to all.",
    ]
    assert suspects(texts) == {}


def test_no_texts_are_no_suspects() -> None:
    assert suspects([]) == {}
