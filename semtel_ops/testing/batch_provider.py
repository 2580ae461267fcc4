"""A provider of batch jobs in memory, whose behavior a test sets and whose files and jobs it can read."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from semtel_ops.endpoints.batch_client import RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.errors import EndpointError, EndpointErrorKind

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]
"""A line of the input file → its line of a result file, or None where the provider loses it."""


def answered(line: dict[str, Any], text: str = '{"label": "science"}') -> dict[str, Any]:
    """The result line of a request that was answered."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = {"model": line["body"]["model"], "choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
    return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def refused(line: dict[str, Any], status: int, message: str = "no", code: str | None = None) -> dict[str, Any]:
    """The result line of a request that was rejected."""
    body = {"error": {"message": message, "code": code}}
    return {"custom_id": line["custom_id"], "response": {"status_code": status, "body": body}, "error": None}


class BatchProvider:
    """A `BatchClient` together with its provider.

    Attributes:
        stored_files: file id → (name, content).
        remote_jobs: job id → job as `retrieve` returns it.
        created: job keys in the order in which their jobs were created; a repeated key means a job that is paid for twice.
        calls: names of the called methods, in order.
        ending: status that a running job gets at the next `retrieve`.
        answer: makes result lines; lines with a status other than 200 go to the error file.
        faults: errors of the next calls, see `fail_next`.
    """

    def __init__(self, endpoint: Endpoint, answer: Answer = answered) -> None:
        self._endpoint = endpoint
        self.stored_files: dict[str, tuple[str, bytes]] = {}
        self.remote_jobs: dict[str, RemoteJob] = {}
        self.created: list[str] = []
        self.calls: list[str] = []
        self.ending = RemoteStatus.COMPLETED
        self.answer = answer
        self.faults: list[EndpointError] = []

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    def fail_next(self, *errors: EndpointError) -> None:
        """Each of the next calls raises one of these errors and does nothing else."""
        self.faults.extend(errors)

    def upload(self, file: IO[bytes], name: str) -> RemoteFile:
        self._called("upload")
        return self._file(self._store(name, file.read()))

    def create(self, input_file_id: str, metadata: Mapping[str, str]) -> RemoteJob:
        self._called("create")
        if input_file_id not in self.stored_files:
            raise EndpointError("400: no such file", kind=EndpointErrorKind.BAD_REQUEST, status=400)
        job = RemoteJob(
            f"batch_{len(self.remote_jobs)}",
            RemoteStatus.VALIDATING,
            input_file_id,
            metadata=dict(metadata),
            created_at=self._time(),
        )
        self.remote_jobs[job.id] = job
        self.created.append(metadata["semtel_job"])
        return job

    def retrieve(self, job_id: str) -> RemoteJob:
        self._called("retrieve")
        job = self._job(job_id)
        if not job.status.ended and self.ending.ended:
            job = self.remote_jobs[job_id] = self._end(job, self.ending)
        return job

    def cancel(self, job_id: str) -> None:
        self._called("cancel")
        job = self._job(job_id)
        if not job.status.ended:
            self.remote_jobs[job_id] = self._end(job, RemoteStatus.CANCELLED)

    def jobs(self) -> Iterator[RemoteJob]:
        self._called("jobs")
        yield from reversed(list(self.remote_jobs.values()))

    def files(self) -> Iterator[RemoteFile]:
        self._called("files")
        yield from (self._file(file_id) for file_id in reversed(list(self.stored_files)))

    def file(self, file_id: str) -> RemoteFile:
        self._called("file")
        if file_id not in self.stored_files:
            raise EndpointError("404: no such file", kind=EndpointErrorKind.DEPLOYMENT, status=404)
        return self._file(file_id)

    def download(self, file_id: str, sink: IO[bytes]) -> None:
        self._called("download")
        if file_id not in self.stored_files:
            raise EndpointError("404", kind=EndpointErrorKind.DEPLOYMENT, status=404)
        sink.write(self.stored_files[file_id][1][sink.tell() :])

    def delete_file(self, file_id: str) -> None:
        self._called("delete_file")
        self.stored_files.pop(file_id, None)

    def close(self) -> None:
        self.calls.append("close")

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.faults:
            raise self.faults.pop(0)

    def _job(self, job_id: str) -> RemoteJob:
        if job_id not in self.remote_jobs:
            raise EndpointError("404", kind=EndpointErrorKind.DEPLOYMENT, status=404)
        return self.remote_jobs[job_id]

    def _end(self, job: RemoteJob, status: RemoteStatus) -> RemoteJob:
        lines = [json.loads(line) for line in self.stored_files[job.input_file_id or ""][1].splitlines()]
        if status is RemoteStatus.FAILED:
            return replace(job, status=status)
        results = [result for result in map(self.answer, lines) if result is not None]
        good = [result for result in results if (result.get("response") or {}).get("status_code") == 200]
        bad = [result for result in results if result not in good]
        return replace(
            job,
            status=status,
            total=len(lines),
            completed=len(good),
            failed=len(bad),
            output_file_id=self._store("output", _jsonl(good)) if good else None,
            error_file_id=self._store("errors", _jsonl(bad)) if bad else None,
        )

    def _store(self, name: str, content: bytes) -> str:
        file_id = f"file_{len(self.calls)}_{len(self.stored_files)}"
        self.stored_files[file_id] = (name, content)
        return file_id

    def _file(self, file_id: str) -> RemoteFile:
        name, content = self.stored_files[file_id]
        return RemoteFile(file_id, name, len(content), self._time())

    def _time(self) -> float:
        return 1_000_000.0  # where ManualClock starts


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
