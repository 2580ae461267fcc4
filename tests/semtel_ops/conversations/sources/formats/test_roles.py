import pytest

from semtel_ops.conversations.model import Role
from semtel_ops.conversations.sources.formats.roles import ROLES, known_role


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("Human", Role.USER),
        (" USER ", Role.USER),
        ("prompter", Role.USER),
        ("HumanMessage", Role.USER),
        ("AI", Role.ASSISTANT),
        ("chatgpt", Role.ASSISTANT),
        ("CHATBOT", Role.ASSISTANT),
        ("AIMessageChunk", Role.ASSISTANT),
        ("Assistant:", Role.ASSISTANT),
        ("<|assistant|>", Role.ASSISTANT),
        ("### Human:", Role.USER),
        ("[system]", Role.SYSTEM),
        ("ipython", Role.TOOL),
        ("tool_result", Role.TOOL),
    ],
)
def test_words_that_people_use_are_known(word: str, role: Role) -> None:
    assert known_role(word) is role


@pytest.mark.parametrize("word", ["narrator", "", "me", "John", 7, None, ["user"], {"role": "user"}])
def test_other_words_are_no_role(word: object) -> None:
    assert known_role(word) is None


def test_every_role_has_words_in_lower_case() -> None:
    assert set(ROLES.values()) == set(Role)
    assert all(word == word.lower().strip() for word in ROLES)
