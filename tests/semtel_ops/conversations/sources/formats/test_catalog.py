import pytest

from semtel_ops.conversations.sources.formats import (
    catalog,
    columns_problem,
    find_format,
    fits_columns,
    known_formats,
    read_record,
    used_columns,
)
from semtel_ops.extensions import Registry
from semtel_ops.testing.source_examples import EXAMPLES


def test_what_asks_for_more_fields_is_tried_first() -> None:
    tried = known_formats()
    assert not [(one.name, later.name) for at, one in enumerate(tried) for later in tried[at:] if later.required > one.required]


def test_a_format_that_asks_for_more_comes_first_wherever_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    of = "semtel_ops.conversations.sources.formats.messages"
    lines = {"lmsys": f"{of}:LMSYS", "openai": f"{of}:OPENAI", "semtel": f"{of}:OURS", "wildchat": f"{of}:WILDCHAT"}
    monkeypatch.setattr(catalog, "CONVERSATION_FORMATS", Registry("format", lines, group="semtel_ops.none"))
    ordered = [known.name for known in known_formats.__wrapped__()]
    assert ordered == ["wildchat", "lmsys", "semtel", "openai"]


def test_every_format_is_found_by_its_required_fields_alone() -> None:
    assert [find_format(dict.fromkeys(known.required)) for known in known_formats()] == list(known_formats())


@pytest.mark.parametrize("name", EXAMPLES)
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
    assert columns_problem(["a", "my bank details", "b"]) == "no known format with 3 columns (a, b, …)"
    assert columns_problem(["my bank details"]) == "no known format with 1 column"


def test_a_column_that_is_read_is_there_once() -> None:
    """apache/datafusion#24412, apache/arrow#37428: after a join, the last of them counted."""
    assert columns_problem(["id", "messages", "id"]) == "several columns are named id; rename all but the right one"
    assert columns_problem(["id", "messages", "header", "header"]) is None
