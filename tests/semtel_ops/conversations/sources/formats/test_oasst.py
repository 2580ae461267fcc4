from typing import Any

import pytest

from semtel_ops.conversations.sources.formats import read_record
from semtel_ops.conversations.sources.formats.oasst import read_tree_rows
from semtel_ops.conversations.sources.records import BadRecordError, Reason


def _row(name: str, parent: str | None, rank: Any = None, **fields: Any) -> dict[str, Any]:
    role = "assistant" if rank is not None else "prompter"
    tree = {"message_tree_id": "t", "message_id": name, "parent_id": parent}
    return {**tree, "text": name, "role": role, "rank": rank, **fields}


def _path(*rows: dict[str, Any]) -> list[str]:
    return [turn.content for turn in read_tree_rows(list(rows)).turns]


def test_the_best_ranked_replies_are_the_path() -> None:
    assert _path(_row("q", None), _row("worse", "q", 1), _row("best", "q", 0), _row("next", "best")) == ["q", "best", "next"]


def test_among_unranked_replies_the_first_one_counts() -> None:
    assert _path(_row("q", None), _row("first", "q"), _row("second", "q")) == ["q", "first"]


def test_ranks_may_be_spelled_as_csv_spells_them() -> None:
    assert _path(_row("q", None), _row("b", "q", "10.0"), _row("a", "q", "9"), _row("none", "q", "")) == ["q", "a"]


def test_deleted_replies_do_not_count() -> None:
    assert _path(_row("q", None), _row("gone", "q", 0, deleted=True), _row("kept", "q", 1, deleted="False")) == ["q", "kept"]


def test_rows_may_come_in_any_order() -> None:
    assert _path(_row("a", "q", 0), _row("q", None)) == ["q", "a"]


@pytest.mark.parametrize("rows", [[_row("a", "q", 0)], [_row("q", None), _row("r", None)]])
def test_a_tree_has_one_first_message(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(BadRecordError) as caught:
        read_tree_rows(rows)
    assert caught.value.reason is Reason.BROKEN_TREE


def test_rows_in_a_circle_end() -> None:
    assert _path(_row("q", None), _row("q", "q")) == ["q", "q"]


def test_a_deep_tree_takes_no_recursion() -> None:
    tree: dict[str, Any] = {"role": "prompter", "text": "0", "replies": []}
    for n in range(1, 20_000):
        tree = {"role": "prompter", "text": str(n), "replies": [tree]}
    assert len(read_record({"message_tree_id": "t", "prompt": tree}).turns) == 20_000
