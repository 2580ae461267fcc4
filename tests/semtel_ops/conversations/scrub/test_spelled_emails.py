import pytest

from semtel_ops.conversations.scrub.spelled_emails import spelled_emails


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sam[dot]reyes[at]mailbox[dot]org", True),
        ("sam.reyes at outlook dot com", True),
        ("sam punto reyes arroba correo punto es", True),
        ("write to sam_reyes at example.com", True),
        ("look at the dot com bubble", False),
        ("see me at example.com", False),
    ],
)
def test_spelled_addresses_are_told_from_sentences(text: str, found: bool) -> None:
    assert any(spelled_emails(text, text.lower())) is found
