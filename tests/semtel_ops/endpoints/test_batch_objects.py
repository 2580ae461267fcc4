"""Jobs and files as servers describe them: what is there is read, and what is not is None."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.endpoints.batch_client import RemoteFault, RemoteJob, RemoteStatus
from semtel_ops.endpoints.batch_objects import read_file, read_job, read_page


def test_a_job_of_openai_is_read_whole() -> None:
    job = read_job(
        {
            "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "errors": None, "input_file_id": "file-1",
            "completion_window": "24h", "status": "completed", "output_file_id": "file-2", "error_file_id": "file-3",
            "created_at": 1711471533, "completed_at": 1711493163, "request_counts": {"total": 100, "completed": 95, "failed": 5},
            "metadata": {"semtel_job": "k"}, "usage": {"input_tokens": 1500, "output_tokens": 500, "total_tokens": 2000},
        }
    )  # fmt: skip
    assert job == RemoteJob(
        "batch_1", RemoteStatus.COMPLETED, "file-1", "completed", "file-2", "file-3", 100, 95, 5, (), {"semtel_job": "k"},
        1711471533.0, 1711493163.0, 1500, 500,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"output_file_id": "", "error_file_id": ""}, {"output_file_id": None, "error_file_id": None}, id="Azure"),
        pytest.param(
            {"request_counts": None}, {"total": None, "completed": None, "processed": None}, id="openai-cookbook#1564"
        ),
        pytest.param(
            {"request_counts": {"total": "12", "completed": 11.0, "failed": None}}, {"total": 12, "processed": 11}, id="types"
        ),
        pytest.param({"request_counts": {"total": -1, "completed": 2**64}}, {"total": None, "completed": None}, id="no counts"),
        pytest.param({"total": 12, "completed": 7, "failed": 1}, {"total": 12, "processed": 8}, id="Novita: counts beside"),
        pytest.param(
            {"total_requests": 12, "succeeded_requests": 7, "failed_requests": 1, "output_file": "o", "error_file": "e"},
            {"total": 12, "completed": 7, "failed": 1, "output_file_id": "o", "error_file_id": "e"},
            id="Mistral",
        ),
        pytest.param(
            {"request_counts": {"processing": 0, "succeeded": 7, "errored": 1}, "processing_status": "ended", "status": None},
            {"completed": 7, "failed": 1, "status": RemoteStatus.COMPLETED},
            id="Anthropic",
        ),
        pytest.param({"created_at": "2024-01-15T14:30:00Z"}, {"created_at": 1705329000.0}, id="Together: ISO 8601"),
        pytest.param({"created_at": "2024-01-15T14:30:00"}, {"created_at": 1705329000.0}, id="ISO 8601 without a zone"),
        pytest.param({"created_at": 1705329000123}, {"created_at": 1705329000.123}, id="milliseconds"),
        pytest.param({"created_at": "1705329000"}, {"created_at": 1705329000.0}, id="a number as text"),
        pytest.param({"created_at": "yesterday"}, {"created_at": 0.0}, id="no time"),
        pytest.param({"metadata": None}, {"metadata": {}}, id="no metadata"),
        pytest.param({"metadata": {"a": 1}}, {"metadata": {"a": "1"}}, id="metadata that are no texts"),
        pytest.param(
            {"status": "moving", "completed_at": 5, "output_file_id": "o"},
            {"status": RemoteStatus.COMPLETED},
            id="by its times",
        ),
        pytest.param({"status": "moving", "completed_at": 5}, {"status": RemoteStatus.UNKNOWN}, id="without a file"),
        pytest.param({"status": "moving", "failed_at": 5}, {"status": RemoteStatus.FAILED}, id="failed by its times"),
        pytest.param({"status": "moving", "expires_at": 5}, {"status": RemoteStatus.UNKNOWN}, id="a time to come"),
    ],
)
def test_other_shapes_of_jobs_are_read(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    job = read_job({"id": "b", "status": "in_progress", **fields})
    assert {name: getattr(job, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        pytest.param({"errors": None}, [], id="BerriAI/litellm#41749: null"),
        pytest.param(
            {"errors": {"object": "list", "data": [{"code": "c", "message": "m", "param": None, "line": 3}]}},
            [RemoteFault("c", "m", 3)],
            id="OpenAI",
        ),
        pytest.param({"errors": [{"code": "c", "message": "m"}]}, [RemoteFault("c", "m")], id="a bare list"),
        pytest.param({"errors": ["one", "two"]}, [RemoteFault("", "one"), RemoteFault("", "two")], id="a list of texts"),
        pytest.param({"errors": "the input is wrong"}, [RemoteFault("", "the input is wrong")], id="Novita: a text"),
        pytest.param({"errors": '[{"code": "c", "message": "m"}]'}, [RemoteFault("c", "m")], id="JSON in a text"),
        pytest.param({"error": {"message": "m", "type": "t"}}, [RemoteFault("t", "m")], id="one object"),
        pytest.param({"error": "m"}, [RemoteFault("", "m")], id="Together: error"),
        pytest.param({"errors": {"data": []}, "error": {"error": {"code": 5, "message": "m"}}}, [RemoteFault("5", "m")], id="nested"),
        pytest.param({"errors": {"data": None}}, [], id="no data"),
        pytest.param({"errors": 7}, [], id="a number"),
    ],
)  # fmt: skip
def test_reasons_are_read_from_every_shape(fields: dict[str, Any], faults: list[RemoteFault]) -> None:
    assert list(read_job({"id": "b", "status": "failed", **fields}).faults) == faults


def test_reasons_quote_no_request_and_are_short() -> None:
    quoted = 'Invalid line: "' + "my secret text " * 10 + '"' + "!" * 2_000
    (fault,) = read_job({"id": "b", "errors": [{"message": quoted}]}).faults
    assert "secret" not in fault.message
    assert len(fault.message) <= 500


def test_the_wrapping_of_a_created_job_is_taken_off() -> None:
    assert read_job({"job": {"id": "b", "status": "VALIDATING"}, "warning": ""}).id == "b", "together-python"


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {"id": None}, {"id": ""}, {"error": {"message": "no"}}])
def test_what_has_no_id_is_no_job(data: Any) -> None:
    with pytest.raises(ValueError, match=r"id|object"):
        read_job(data)


@pytest.mark.parametrize(
    ("status", "pending", "rejected"),
    [("pending", True, False), ("Running", True, False), ("uploaded", False, False), ("processed", False, False),
     ("error", False, True), (None, False, False), (5, False, False)],
)  # fmt: skip
def test_the_state_of_a_file(status: Any, pending: bool, rejected: bool) -> None:
    file = read_file({"id": "f", "filename": "n", "bytes": 5, "status": status})
    assert (file.name, file.size_bytes, file.pending, file.rejected) == ("n", 5, pending, rejected)


def test_pages_of_lists() -> None:
    assert read_page({"data": [{"id": "a"}, {"id": "b"}], "has_more": True}) == ([{"id": "a"}, {"id": "b"}], "b")
    assert read_page({"data": [{"id": "a"}, {}, None], "has_more": False}) == ([{"id": "a"}], None)
    assert read_page([{"id": "a"}]) == ([{"id": "a"}], None)
    assert read_page({"data": [], "has_more": True}) == ([], None)
    assert read_page({"data": {"batches": [{"id": "a"}]}}) == ([{"id": "a"}], None)
    assert read_page({"files": [{"id": "a"}], "has_more": "true"}) == ([{"id": "a"}], "a")
    with pytest.raises(ValueError, match="not a list"):
        read_page({"data": None})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("completed"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "message", "error", "id"]), inner),
    max_leaves=8,
)
_NAMES = ["status", "errors", "error", "request_counts", "metadata", "created_at", "completed_at", "output_file_id", "usage"]


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON))
def test_whatever_the_fields_hold_a_job_with_an_id_is_read(fields: dict[str, Any]) -> None:
    job = read_job({"id": "b", **fields})
    assert job.id == "b"
    assert job.created_at >= 0
