"""Files as people have them, made from public reports: each is read, or refused with a reason that says what to do."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.sources import Reason, Record, Unreadable

Said = list[tuple[str, str]]

GERMAN = "Größe und Übergewicht – was hilft?"
QUESTION = [("user", "How are you?"), ("assistant", "Fine.")]


def _said(item: Record | Unreadable) -> Said:
    assert isinstance(item, Record), item
    return [(turn.role.value, turn.content) for turn in item.conversation.turns]


def _json(*records: Any) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def _cell(text: str) -> str:
    cell = json.dumps([{"role": "user", "content": text}], ensure_ascii=False).replace('"', '""')
    return f'"{cell}"'


def _excel(delimiter: str, first: str = "") -> str:
    return f"{first}conversation_id{delimiter}messages\r\nx1{delimiter}{_cell(GERMAN)}\r\n"


ROLES_AND_TEXTS = [{"role": "user", "content": "How are you?"}, {"role": "assistant", "content": "Fine.", "tool_calls": None}]
TEXTS = [json.dumps(message) for message in ROLES_AND_TEXTS]
COLUMNS = {"from": ["human", "gpt"], "value": ["How are you?", "Fine."]}
LANGCHAIN = [{"type": "human", "content": "How are you?"}, {"type": "ai", "content": "Fine."}]
LC_DATA = [{"type": message["type"], "data": {"content": message["content"], "type": message["type"]}} for message in LANGCHAIN]
LC_CLASSES = [
    {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", name], "kwargs": {"content": text}}
    for name, text in (("HumanMessage", "How are you?"), ("AIMessage", "Fine."))
]
ANTHROPIC = [
    {"role": "user", "content": [{"type": "text", "text": "How are you?"}]},
    {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "Fine."}],
    },
]
SPARK = (
    'id,messages\n"s1","[{\\"role\\":\\"user\\",\\"content\\":\\"How are you?\\"},'
    '{\\"role\\":\\"assistant\\",\\"content\\":\\"Fine.\\"}]"\n'
)

READ: dict[str, tuple[str, bytes, Said]] = {
    "swisstopo/swissgeol-boreholes-suite#2811 cp1252": ("a.csv", _excel(";").encode("cp1252"), [("user", GERMAN)]),
    "swisstopo/swissgeol-boreholes-suite#2811 sep": ("a.csv", _excel(";", "\ufeffsep=;\r\n").encode(), [("user", GERMAN)]),
    "swisstopo/swissgeol-boreholes-suite#2811 sep, cp1252": ("a.csv", _excel("|", "sep=|\r\n").encode("cp1252"), [("user", GERMAN)]),
    "swisstopo/swissgeol-boreholes-suite#2811 utf-16": ("a.csv", _excel("\t").encode("utf-16"), [("user", GERMAN)]),
    "kind: utf-16 big-endian": ("a.csv", b"\xfe\xff" + _excel("\t").encode("utf-16-be"), [("user", GERMAN)]),
    "kind: utf-32": ("a.csv", _excel(",").encode("utf-32"), [("user", GERMAN)]),
    "kind: JSON lines of PowerShell": ("a.jsonl", _json({"messages": ROLES_AND_TEXTS}).decode().encode("utf-16"), QUESTION),
    "kind: header in capitals": ("a.csv", f"Conversation ID,MESSAGES\nx1,{_cell(GERMAN)}\n".encode(), [("user", GERMAN)]),
    "kind: NUL in a cell": ("a.csv", f"id,messages\nx1,{_cell('a' * 300 + '@')}\n".replace("@", "\0").encode(), [("user", "a" * 300)]),
    "rapidsai/cudf#11984, sparklyr/sparklyr#374": ("a.csv", SPARK.encode(), QUESTION),
    "huggingface/datasets#888, #7569 JSONL": ("a.jsonl", _json({"id": "h1", "conversations": COLUMNS}), QUESTION),
    "huggingface/datasets#888, #7569 Parquet": ("a.parquet", _parquet(id=["h1"], conversations=[COLUMNS]), QUESTION),
    "opendatahub-io/pipelines-components#238 JSONL": ("a.jsonl", _json({"messages": TEXTS}), QUESTION),
    "opendatahub-io/pipelines-components#238 Parquet": ("a.parquet", _parquet(messages=[TEXTS]), QUESTION),
    "kind: the whole column as text, in JSON lines": ("a.jsonl", _json({"messages": json.dumps(ROLES_AND_TEXTS)}), QUESTION),
    "kind: encoded twice": ("a.jsonl", _json({"messages": json.dumps(json.dumps(ROLES_AND_TEXTS))}), QUESTION),
    "kind: a record encoded twice": ("a.jsonl", _json(json.dumps({"messages": ROLES_AND_TEXTS})), QUESTION),
    "kind: columns as text": ("a.csv", b'id,conversations\nh1,"' + json.dumps(COLUMNS).replace('"', '""').encode() + b'"\n', QUESTION),
    "kind: bytes": ("a.parquet", _parquet(messages=[json.dumps(ROLES_AND_TEXTS).encode()]), QUESTION),
    "axolotl-ai-cloud/axolotl#752, NVIDIA-NeMo/Automodel#2375": ("a.jsonl", _json({"id": "l1", "messages": LANGCHAIN}), QUESTION),
    "kind: LangChain's messages_to_dict": ("a.jsonl", _json({"messages": LC_DATA}), QUESTION),
    "kind: LangChain's dumpd": ("a.jsonl", _json({"messages": LC_CLASSES}), QUESTION),
    "kind: Gemini": (
        "a.jsonl",
        _json({"contents": [{"role": "user", "parts": [{"text": "How are you?"}]},
                            {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "Fine."}]}]}),
        QUESTION,
    ),
    "kind: Anthropic's parts": ("a.jsonl", _json({"messages": ANTHROPIC}), QUESTION),
    "kind: a comma after each value": ("a.jsonl", _json({"messages": ROLES_AND_TEXTS}).rstrip() + b",\n", QUESTION),
    "kind: NaN as a content": (
        "a.jsonl", b'{"messages": [{"role": "user", "content": NaN}, {"role": "user", "content": "x"}], "id": NaN}\n', [("user", "x")]
    ),
    "kind: null messages": ("a.jsonl", _json({"messages": [None, {"role": "user", "content": "x"}]}), [("user", "x")]),
}  # fmt: skip


@pytest.mark.parametrize("case", READ, ids=READ.keys())
def test_it_is_read(read_bytes: Any, case: str) -> None:
    name, data, said = READ[case]
    (item,) = read_bytes(data, name)
    assert _said(item) == said


PYTHON = [
    "[{'role': 'user', 'content': \"what's up?\"}]",
    "[{'content': 'hello', 'role': 'user'}\n {'content': 'hi', 'role': 'assistant'}]",
    "array([{'content': 'hello', 'role': 'user'}], dtype=object)",
    "[OrderedDict([('role', 'user')])]",
]


@pytest.mark.parametrize("cell", PYTHON)
@pytest.mark.parametrize("column", ["conversation", "messages"])
def test_a_cell_in_pythons_spelling_is_named_as_that(read_bytes: Any, cell: str, column: str) -> None:
    """pandas-dev/pandas#10813, archesproject/arches#7854"""
    quoted = cell.replace('"', '""')
    (entry,) = read_bytes(f'conversation_id,{column}\np1,"{quoted}"\n'.encode(), "a.csv")
    assert entry.reason is Reason.WRONG_TYPE
    assert "Python's spelling, which is not JSON" in entry.detail


def test_tools_are_marked_and_thoughts_are_not_said(read_bytes: Any) -> None:
    """NVIDIA-NeMo/Automodel#2375 (kind)"""
    used = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "w", "arguments": "{}"}}]}
    first = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": "weather?"},
        used,
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "12 C"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "It is 12 C."}]},
    ]
    second = [
        {"role": "user", "content": [{"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": "data:"}]},
        {"role": "ipython", "content": "x"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call_output", "call_id": "c", "output": "13 C"},
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "ok"}]},
    ]
    third = [
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "q", "content": [{"type": "text", "text": "x"}]}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "done"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}]},
    ]
    items = read_bytes(_json({"messages": first}, {"messages": second}, {"messages": third}))
    assert [_said(item) for item in items] == [
        [("system", "be brief"), ("user", "weather?"), ("tool", "12 C"), ("assistant", "It is 12 C.")],
        [("user", "look\n[image]"), ("tool", "x"), ("tool", "13 C"), ("assistant", "ok")],
        [("user", "[tool]"), ("assistant", "done")],
    ]


def test_another_encoding_is_read_with_a_note(read_bytes: Any) -> None:
    (record,) = read_bytes(_excel(";").encode("cp1252"), "a.csv")
    assert record.repair is not None
    assert "Windows-1252" in record.repair
    (sound,) = read_bytes(_excel(";").encode(), "a.csv")
    assert sound.repair is None


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Что мне делать с этой очень длинной программой, если она не запускается вовсе?" * 2, "cp1251"),
     ("花の水やりは一日に何回すればよいのでしょうか、教えてください。" * 2, "shift_jis")],
)  # fmt: skip
def test_a_row_in_an_encoding_that_is_not_known_is_refused_and_names_it(read_bytes: Any, text: str, encoding: str) -> None:
    plain = "".join(f"p{n},{_cell('a plain text that is long enough, ' * 20)}\n" for n in range(3))
    outcomes = read_bytes(f"id,messages\n{plain}x1,{_cell(text)}\n".encode(encoding), "a.csv")
    assert [type(item) for item in outcomes] == [Record, Record, Record, Unreadable]
    assert outcomes[-1].reason is Reason.UNKNOWN_ENCODING
    assert "Windows-1252" in outcomes[-1].detail


def test_a_backslash_that_cannot_be_read_is_named(read_bytes: Any) -> None:
    """rapidsai/cudf#11984: text cells, in which only the escape tells the dialect."""
    outcomes = read_bytes(b'chosen,rejected\n"Human: say \\"hi, you\\" now",x\n', "a.csv")
    assert outcomes[0].reason in {Reason.MALFORMED_ROW, Reason.WRONG_TYPE}
    if outcomes[0].reason is Reason.MALFORMED_ROW:
        assert "backslash" in outcomes[0].detail


@pytest.mark.parametrize(
    "columns",
    [{"from": ["human"], "value": ["a", "b"]}, {"from": [], "value": ["a"]}, {"from": "human", "value": ["a"]}, {"a": 1}],
)
def test_columns_that_do_not_fit_say_which_shape_they_have(read_bytes: Any, columns: dict[str, Any]) -> None:
    (entry,) = read_bytes(_json({"conversations": columns}))
    assert entry.reason is Reason.WRONG_TYPE
    assert "lists" in entry.detail


def test_values_in_one_line_are_read_each(read_bytes: Any, outline: Any) -> None:
    a, b = ({"id": name, "messages": ROLES_AND_TEXTS} for name in "ab")
    items = read_bytes((json.dumps(a) + json.dumps(b) + "\n").encode() + b'{"id": "c", "messages": [\n')
    assert outline(items) == ["a", "b", Reason.INVALID_JSON]
    assert items[1].place.endswith("line 1, value 2")


@pytest.mark.parametrize(
    ("content", "said", "repair"),
    [
        (b"a\tb", "a\tb", "control characters"),
        (b"a\xffb", "a\ufffdb", "byte 66 is not UTF-8"),
        ("Grüße aus Köln".encode("cp1252"), "Grüße aus Köln", "Windows-1252"),
        (b"caf\xe2\x80", "caf\ufffd", "not UTF-8"),
        (b"a\\ud800b", "a\ufffdb", "surrogate"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_damage_inside_a_string_is_noted_and_the_rest_read(
    read_bytes: Any, name: str, content: bytes, said: str, repair: str
) -> None:
    line = b'{"conversation_id": "c1", "messages":[{"role":"user","content":"' + content + b'"}]}\n'
    (record,) = read_bytes(line, name)
    assert record.conversation.turns[0].content == said
    assert repair in record.repair


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("18446744073709551617", "18446744073709551617"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("-7", "-7"),
        ("7.0", "7"),
        ('{"$oid": "65f0"}', "65f0"),
    ],
)
def test_an_id_is_exact_however_large(read_bytes: Any, literal: str, text: str) -> None:
    (record,) = read_bytes(b'{"id": %s, "messages": [{"role": "user", "content": "x"}]}\n' % literal.encode())
    assert record.conversation.id == text


@pytest.mark.parametrize("literal", ["null", "NaN", "Infinity", '""', '"nan"', '"None"', '"NULL"'])
def test_an_id_that_is_missing_in_any_spelling_is_made(read_bytes: Any, literal: str) -> None:
    (record,) = read_bytes(b'{"id": %s, "messages": [{"role": "user", "content": "x"}]}\n' % literal.encode())
    assert len(record.conversation.id) == 32


_LINES = [_json({"id": f"c{number}", "messages": [{"role": "user", "content": f"größe {number}"}]}) for number in range(5)]
_ROWS = [f"c{number},{_cell(f'größe {number}')}\n".encode() for number in range(5)]
_BYTES = st.one_of(st.integers(0, 9), st.integers(11, 255), st.sampled_from(list(b'"\\{}[],:;\t\r\x00\x80\xc3\xff')))
_MUTATIONS = st.lists(st.tuples(st.integers(0, 10_000), _BYTES), min_size=1, max_size=6)


def _mutated(data: bytes, mutations: list[tuple[int, int]]) -> bytes:
    """The data with some bytes replaced; its line end stays."""
    changed = bytearray(data)
    for at, byte in mutations:
        changed[at % (len(data) - 1)] = byte
    return bytes(changed)


@given(st.integers(0, 4), _MUTATIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_with_any_bytes_costs_only_itself(
    read_bytes: Any, outline: Any, at: int, mutations: list[tuple[int, int]]
) -> None:
    lines = [_mutated(line, mutations) if number == at else line for number, line in enumerate(_LINES)]
    outcomes = read_bytes(b"".join(lines), "a.jsonl")
    assert len(outcomes) >= sum(bool(line.strip()) for line in lines)
    assert {f"c{number}" for number in range(5) if number != at} <= set(outline(outcomes))


@given(st.integers(0, 4), _MUTATIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_with_any_bytes_does_not_cost_the_rows_before_it(
    read_bytes: Any, outline: Any, at: int, mutations: list[tuple[int, int]]
) -> None:
    """After it, a quote that is never closed may swallow rows; they are one entry then."""
    rows = [_mutated(row, mutations) if number == at else row for number, row in enumerate(_ROWS)]
    told = outline(read_bytes(b"id,messages\n" + b"".join(rows), "a.csv"))
    assert told[:at] == [f"c{number}" for number in range(at)]
    assert len(told) > at
