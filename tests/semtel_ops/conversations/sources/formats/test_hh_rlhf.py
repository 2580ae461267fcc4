import pytest

from semtel_ops.conversations.model import Role
from semtel_ops.conversations.sources.formats import read_record
from semtel_ops.conversations.sources.records import BadRecordError, Reason


def test_the_chosen_side_is_the_conversation_and_text_is_kept_as_it_is() -> None:
    chosen = "\n\nHuman: One.\n\nTwo.  Human: three\n\nAssistant: Yes.\n\nHuman:no space\n\nAssistant:"
    turns = read_record({"chosen": chosen, "rejected": "\n\nHuman: other"}).turns
    assert [turn.content for turn in turns] == ["One.\n\nTwo.  Human: three", "Yes.", "no space"]
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT, Role.USER]


def test_sides_may_be_lists_of_messages() -> None:
    record = {
        "prompt": "q",
        "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "rejected": [],
    }
    assert [turn.content for turn in read_record(record).turns] == ["q", "a"]


@pytest.mark.parametrize("chosen", ["", "no marks", "before\n\nHuman: x"])
def test_a_text_without_speakers_is_no_dialogue(chosen: str) -> None:
    with pytest.raises(BadRecordError) as caught:
        read_record({"chosen": chosen, "rejected": ""})
    assert caught.value.reason is Reason.WRONG_TYPE
