import pytest

from semtel_ops.tokens.blocks import Block, BlockKind, blocks, key_of

_SENTENCE = "We should talk about the plan for next week, and soon."


def _kinds(text: str, seen: set[str] | None = None) -> list[BlockKind]:
    return [block.kind for block in blocks(text.split("\n"), seen or set())]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-16 09:00:01,123 INFO worker started",
        "[2026-11-16T09:00:01Z] started",
        "Nov 16 09:00:01 host sshd[1]: session opened",
        "ERROR: connection refused",
        "    at com.acme.Service.run(Service.java:42)",
        '  File "app.py", line 12, in <module>',
        '    "name": "value",',
        "  },",
        "0000a0f0  48 65 6c 6c 6f 20 77 6f  72 6c 64",
        "12.5 13.75 -4 1,000",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==",
        "| name | price | stock |",
        "id\tname\tprice",
        "7,blue,large,19.99",
        "7;blue;large;19,99",
    ],
)
def test_a_line_of_data_is_known_by_itself(line: str) -> None:
    assert _kinds(f"{_SENTENCE}\n{line}\n{line}\n{_SENTENCE}") == [BlockKind.PROSE, BlockKind.DATA, BlockKind.PROSE]


@pytest.mark.parametrize(
    "line",
    [
        _SENTENCE,
        "Apples, pears, plums, cherries, and a melon.",
        "- first, open the door",
        "At noon (or later) we meet.",
        "Errors happen; people, too; so what; never mind.",
        "我们应该谈谈下周的计划，尽快，好吗，谢谢。",
    ],
)
def test_prose_is_not_data(line: str) -> None:
    assert _kinds(f"{line}\n{line}") == [BlockKind.PROSE]


def test_code_lasts_from_fence_to_fence() -> None:
    text = f"{_SENTENCE}\n```python\nx = 1\n7,blue,large,19.99\n```\nRight?"
    assert list(blocks(text.split("\n"), set())) == [
        Block(BlockKind.PROSE, 0, 1),
        Block(BlockKind.CODE, 1, 5),
        Block(BlockKind.PROSE, 5, 6),
    ]


def test_a_fence_of_the_other_kind_does_not_close_code() -> None:
    assert _kinds("~~~\nx = 1\n```\ny = 2\n~~~") == [BlockKind.CODE]


def test_a_quoted_or_indented_line_is_the_line_it_quotes() -> None:
    assert key_of("> >  " + _SENTENCE + "  ") == _SENTENCE == key_of("\t" + _SENTENCE)


def test_long_text_that_was_there_before_is_repeated_and_a_short_one_is_not() -> None:
    said = [f"{_SENTENCE} Number {number}." for number in range(6)]
    seen = set(map(key_of, said))
    quoted = "\n".join(f"> {line}" for line in said)
    assert _kinds(f"You wrote to me this:\n{quoted}\nIs that so, really?", seen) == [
        BlockKind.PROSE,
        BlockKind.REPEATED,
        BlockKind.PROSE,
    ]
    assert _kinds(f"Again:\n{said[0]}", seen) == [BlockKind.PROSE]


def test_blocks_cover_all_lines_in_order() -> None:
    lines = ("a\n```\nb\n```\n\n1,2,3,4\n1,2,3,4\n" + _SENTENCE + "\n\n").split("\n")
    found = list(blocks(lines, set()))
    assert [block.start for block in found] == [0, *(block.end for block in found[:-1])]
    assert found[-1].end == len(lines)


def test_a_new_line_however_short_ends_a_repetition() -> None:
    said = [f"{_SENTENCE} Number {number}." for number in range(6)]
    found = list(blocks([*said, "", "why?"], set(said)))
    assert found == [Block(BlockKind.REPEATED, 0, 6), Block(BlockKind.PROSE, 6, 8)]
