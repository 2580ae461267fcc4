from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.surrogates import repair_surrogates


@given(st.text(st.characters()))
def test_mended_text_is_well_formed_and_otherwise_the_same(text: str) -> None:
    mended = repair_surrogates(text)
    mended.encode()
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert mended == text
