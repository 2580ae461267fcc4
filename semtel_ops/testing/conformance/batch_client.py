"""Conformance tests of batch clients and their formats of job lines."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from semtel_ops.endpoints.batch_client import BatchClient, JobLines, RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.endpoints.dialect import Dialect
from semtel_ops.endpoints.model import ChatReply, ChatRequest
from semtel_ops.endpoints.reasoning import Reasoning
from semtel_ops.errors import EndpointError
from semtel_ops.testing.conformance.chat_client import make_request
from semtel_ops.words import ReasoningEffort

_END_S: Final = 60.0
_NAME: Final = "semtel-conformance.jsonl"
_ODD_VALUES: Final[tuple[Any, ...]] = (None, True, 0, -1, 200, "", "x", [], [[]], {}, {"": None}, {"error": {"code": []}})


class BatchStage(Protocol):
    """A client and its provider, whose jobs end by themselves soon after they are retrieved."""

    @property
    def client(self) -> BatchClient: ...

    @property
    def lines(self) -> JobLines: ...

    @property
    def calls(self) -> int:
        """Calls that have reached the provider."""
        ...

    def failing(self) -> AbstractContextManager[None]:
        """Inside the context, the provider rejects every call."""
        ...

    def lasting(self) -> AbstractContextManager[None]:
        """Inside the context, jobs run until they are cancelled."""
        ...


OpenBatchStage = Callable[[], AbstractContextManager[BatchStage]]


class BatchClientSuite:
    """Fixtures: `open_stage`, a function without arguments that opens a `BatchStage`; leaving it closes the client."""

    def test_every_request_of_a_job_is_answered_under_its_key(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            requests = _requests(5)
            job = _ended(stage, _submitted(stage, requests).id)
            assert job.status is RemoteStatus.COMPLETED
            results = [stage.lines.read(line, stage.client.endpoint) for line in _results(stage, job)]
            assert {result.key for result in results} == set(requests)
            assert len(results) == len(requests)
            assert all(isinstance(result.answer, ChatReply) and result.answer.text for result in results)

    def test_a_file_is_found_again_by_its_name_and_size(self, open_stage: OpenBatchStage) -> None:
        """Identifies an upload that was interrupted, or whose reply was lost."""
        with open_stage() as stage:
            content = _content(stage, _requests(3))
            file = stage.client.upload(io.BytesIO(content), _NAME)
            assert (file.name, file.size_bytes) == (_NAME, len(content))
            listed = [each for each in stage.client.files() if each.id == file.id]
            assert [(each.name, each.size_bytes) for each in listed] == [(_NAME, len(content))]

    def test_a_job_is_found_again_by_its_metadata_the_newest_first(self, open_stage: OpenBatchStage) -> None:
        """Identifies a job whose creation was not answered, so that it is not created twice."""
        with open_stage() as stage:
            first, second = (_submitted(stage, _requests(1), semtel_job=name) for name in ("first", "second"))
            jobs = [job for job in stage.client.jobs() if job.id in {first.id, second.id}]
            assert [job.id for job in jobs] == [second.id, first.id]
            assert [job.metadata["semtel_job"] for job in jobs] == ["second", "first"]
            assert jobs[0].input_file_id == second.input_file_id

    def test_jobs_and_files_are_of_about_now_and_their_lists_are_whole(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            file = stage.client.upload(io.BytesIO(_content(stage, _requests(1))), _NAME)
            made = [stage.client.create(file.id, {"semtel_job": str(number)}) for number in range(120)]
            listed = [job.id for job in stage.client.jobs()]
            assert listed[: len(made)] == [job.id for job in reversed(made)]
            assert all(job.created_at > 0 for job in stage.client.jobs())

    def test_a_cut_download_is_gone_on_with(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            job = _ended(stage, _submitted(stage, _requests(5)).id)
            assert job.output_file_id is not None
            whole = _downloaded(stage, job.output_file_id)
            sink = io.BytesIO()
            sink.write(whole[: len(whole) // 2])
            stage.client.download(job.output_file_id, sink)
            assert sink.getvalue() == whole

    def test_a_running_job_can_be_stopped_and_an_ended_one_is_left_alone(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            with stage.lasting():
                job = _submitted(stage, _requests(2))
                stage.client.cancel(job.id)
                assert _ended(stage, job.id).status is RemoteStatus.CANCELLED
            done = _ended(stage, _submitted(stage, _requests(2)).id)
            stage.client.cancel(done.id)
            assert stage.client.retrieve(done.id).status is done.status

    def test_a_file_can_be_removed_twice(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            file = stage.client.upload(io.BytesIO(_content(stage, _requests(1))), _NAME)
            stage.client.delete_file(file.id)
            stage.client.delete_file(file.id)
            assert file.id not in {each.id for each in stage.client.files()}

    def test_what_is_not_there_is_an_error_with_status_404(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            for call in (
                lambda: stage.client.retrieve("batch-that-is-not"),
                lambda: stage.client.download("file-that-is-not", io.BytesIO()),
            ):
                assert _refused(call).status == 404

    def test_a_refusal_is_an_error_of_ours_and_is_not_retried(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            file, job = stage.client.upload(io.BytesIO(_content(stage, _requests(1))), _NAME), "batch-1"
            calls: tuple[Callable[[], object], ...] = (
                lambda: stage.client.upload(io.BytesIO(b"{}\n"), _NAME),
                lambda: stage.client.create(file.id, {"semtel_job": "k"}),
                lambda: stage.client.retrieve(job),
                lambda: stage.client.cancel(job),
                lambda: list(stage.client.jobs()),
                lambda: list(stage.client.files()),
                lambda: stage.client.download(file.id, io.BytesIO()),
                lambda: stage.client.delete_file(file.id),
            )
            with stage.failing():
                for call in calls:
                    before = stage.calls
                    _refused(call)
                    assert stage.calls == before + 1

    def test_a_line_is_one_line_whatever_it_asks_about(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            for text in ("a\nb", "\u2028 and \u2029", 'quo"tes \\', "half of a pair: \ud83d", "\x00", "中文 🙂"):
                line, body_bytes = _writer(stage).write("0" * 32, make_request(text))
                assert line.endswith(b"\n")
                assert line.count(b"\n") == 1
                assert 0 < body_bytes <= len(line)

    def test_a_line_asks_for_the_prompts_effort_or_else_the_endpoints(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            model, low = stage.client.endpoint.model, Reasoning(ReasoningEffort.LOW)
            line = stage.lines.writer(model, Dialect(), low).write("0" * 32, make_request("hello")).data
            assert b'"low"' in line
            line = stage.lines.writer(model, Dialect(), low).write("0" * 32, make_request("hello", ReasoningEffort.HIGH)).data
            assert b'"high"' in line
            assert b'"low"' not in line

    def test_a_result_line_may_hold_anything(self, open_stage: OpenBatchStage) -> None:
        with open_stage() as stage:
            job = _ended(stage, _submitted(stage, _requests(1)).id)
            (line,) = _results(stage, job)
            for spoiled in _spoiled(line):
                key, answer = stage.lines.read(spoiled, stage.client.endpoint)
                assert key is None or isinstance(key, str)
                assert answer is not None


def _requests(count: int) -> dict[str, ChatRequest]:
    requests = [make_request(f"hello {number}") for number in range(count)]
    return {request.key("m"): request for request in requests}


def _writer(stage: BatchStage) -> Any:
    return stage.lines.writer(stage.client.endpoint.model, Dialect())


def _content(stage: BatchStage, requests: dict[str, ChatRequest]) -> bytes:
    writer = _writer(stage)
    return b"".join(writer.write(key, request).data for key, request in requests.items())


def _submitted(stage: BatchStage, requests: dict[str, ChatRequest], **metadata: str) -> RemoteJob:
    file: RemoteFile = stage.client.upload(io.BytesIO(_content(stage, requests)), _NAME)
    return stage.client.create(file.id, {"semtel_job": "job", **metadata})


def _ended(stage: BatchStage, job_id: str) -> RemoteJob:
    deadline = time.monotonic() + _END_S
    while not (job := stage.client.retrieve(job_id)).status.ended:
        assert time.monotonic() < deadline, f"the job is still {job.status}"
        time.sleep(0.02)
    return job


def _downloaded(stage: BatchStage, file_id: str) -> bytes:
    sink = io.BytesIO()
    stage.client.download(file_id, sink)
    return sink.getvalue()


def _results(stage: BatchStage, job: RemoteJob) -> list[dict[str, Any]]:
    files = [file_id for file_id in (job.output_file_id, job.error_file_id) if file_id is not None]
    return [json.loads(line) for file_id in files for line in _downloaded(stage, file_id).splitlines()]


def _refused(call: Callable[[], object]) -> EndpointError:
    try:
        result = call()
    except EndpointError as error:
        return error
    raise AssertionError(f"an error was expected, not {result}")


def _spoiled(line: Any) -> Iterator[dict[str, Any]]:
    """Variants of a line, each with one part at any depth left out or replaced by an odd value."""
    if not isinstance(line, dict):
        return
    for name, value in line.items():
        yield {key: kept for key, kept in line.items() if key != name}
        for odd in _ODD_VALUES:
            yield {**line, name: odd}
        for inner in _spoiled(value):
            yield {**line, name: inner}
        if isinstance(value, list) and value:
            for inner in _spoiled(value[0]):
                yield {**line, name: [inner]}
