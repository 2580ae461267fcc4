import pytest

from semtel_ops.conversations.sources.formats import FORMATS, find_format, fits_columns, name_columns, read_record, used_columns


def test_every_format_is_found_by_its_required_fields_alone() -> None:
    assert [find_format(dict.fromkeys(known.required)) for known in FORMATS] == list(FORMATS)


@pytest.mark.parametrize("name", [known.name for known in FORMATS])
def test_an_example_is_of_its_format(name: str, examples: dict[str, object]) -> None:
    found = find_format(examples[name].records[0])  # type: ignore[attr-defined]
    assert found is not None
    assert found.name == name


def test_a_bare_list_of_messages_is_a_conversation() -> None:
    assert read_record([{"role": "user", "content": "hi"}]).turns[0].content == "hi"


def test_columns_fit_or_do_not() -> None:
    assert fits_columns(["x", " chosen", "rejected "])
    assert not fits_columns(["x", "chosen"])


def test_only_columns_that_the_format_looks_at_are_read() -> None:
    names = ["conversation_hash", "model", "timestamp", "conversation", "openai_moderation", "language", "hashed_ip"]
    assert used_columns(names) == ["conversation_hash", "timestamp", "conversation", "language"]


def test_columns_are_named_only_where_they_look_like_names() -> None:
    assert name_columns(["a", "my bank details", "b"]) == "3 columns (a, b, …)"
