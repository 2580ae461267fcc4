import json
import time
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.sources.containers.json_values import Cut, read_json_values, split_values
from semtel_ops.conversations.sources.records import Raw, Reason

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab"\\{}[],', max_size=4), inner, max_size=4),
    max_leaves=12,
)


def _chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


def _values(chunks: list[bytes], max_bytes: int = 10**6) -> list[object]:
    return [raw.value if isinstance(raw, Raw) else raw.reason for raw in read_json_values(chunks, "f", max_bytes)]


@given(st.lists(JSON, max_size=6), st.lists(st.integers(0, 10_000), max_size=20), st.sampled_from([None, 1]))
def test_any_chunking_gives_the_elements_of_the_array(elements: list[object], cuts: list[int], indent: int | None) -> None:
    data = json.dumps(elements, indent=indent, ensure_ascii=indent is None).encode()
    assert _values(_chunks(data, cuts)) == elements


@given(st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), min_size=1, max_size=5), st.integers(1, 7))
def test_any_chunking_gives_the_values_one_after_the_other(values: list[dict[str, object]], size: int) -> None:
    data = b"\n".join(orjson.dumps(value, option=orjson.OPT_INDENT_2) for value in values)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert _values(chunks) == values


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_any_bytes_give_the_same_cuts_however_they_are_chunked(data: bytes, cuts: list[int]) -> None:
    for start in (b"", b"[", b"{"):
        assert list(split_values(_chunks(start + data, cuts), 50)) == list(split_values([start + data], 50))


@pytest.mark.parametrize("broken", [b'[{"a":1},{"b":', b'[{"a":1},', b'[{"a":1},{"b":"x', b'[{"a":1}', b'[{"a":1},{"b":"\\'])
def test_an_array_that_is_cut_short_gives_its_whole_elements_and_one_entry(broken: bytes) -> None:
    assert _values([broken]) == [{"a": 1}, Reason.BROKEN_FILE]


def test_values_that_are_cut_short_are_one_entry() -> None:
    assert _values([b'{"a": 1}\n{"a": {"b": 2}']) == [{"a": 1}, Reason.BROKEN_FILE]


def test_an_element_that_is_no_json_costs_only_itself() -> None:
    assert _values([b'[{"a":1}, oops, {"b":}, [1}, ,{"b":2}]']) == [
        {"a": 1},
        Reason.INVALID_JSON,
        Reason.INVALID_JSON,
        Reason.INVALID_JSON,
        Reason.INVALID_JSON,
        {"b": 2},
    ]


def test_a_comma_after_the_last_element_is_forgiven() -> None:
    assert _values([b"[1,2,]"]) == [1, 2]


def test_arrays_one_after_the_other_are_one() -> None:
    assert _values([b"[1]\n[2]"]) == [1, 2]


def test_text_behind_the_array_is_one_entry() -> None:
    assert _values([b'[1] and {"so": "on"}', b"[3]"]) == [1, Reason.BROKEN_FILE]


def test_an_element_over_the_limit_is_skipped_as_it_passes_by() -> None:
    huge = (b'"' + b"x" * 100 + b'",' for _ in range(3))
    pieces = list(split_values([b"[1,", *huge, b'{"a":', b" " * 60, b"1},2]"], 50))
    assert pieces == [b"1", Cut.TOO_LARGE, Cut.TOO_LARGE, Cut.TOO_LARGE, Cut.TOO_LARGE, b"2"]


def test_ten_megabytes_of_brackets_or_escapes_take_seconds_at_most() -> None:
    began = time.process_time()
    for pattern in (b"[", b"{", b'\\"', b'"', b"[,", b"]"):
        chunks = [b"[" + pattern * 500_000] * 2
        for _ in split_values(chunks, 10**6):
            pass
    assert time.process_time() - began < 120
