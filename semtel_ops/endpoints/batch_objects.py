"""Reads the jobs and files that a server describes in JSON: OpenAI's objects, and what compatible servers make of them.

Fields that are absent, empty, null or of another type become None; only an object without an id is an error.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from semtel_ops.endpoints.batch_client import RemoteFault, RemoteFile, RemoteJob, RemoteStatus
from semtel_ops.endpoints.batch_states import read_state
from semtel_ops.endpoints.refusal.provider_words import without_quotations

_MOST_FAULTS = 20
_MOST_CHARS = 500
_MOST_DEPTH = 4
_MOST_COUNT = 2**53
_MILLISECONDS = 1e11
"""A number of seconds above this is one of milliseconds: the year 5138."""

# The first name is OpenAI's. Then Mistral (total_requests …, output_file), Anthropic (succeeded, errored).
_COUNTS = {
    "total": ("total", "total_requests"),
    "completed": ("completed", "succeeded_requests", "succeeded", "completed_requests"),
    "failed": ("failed", "failed_requests", "errored"),
}
_OUTPUT = ("output_file_id", "output_file", "result_file_id")
_ERRORS = ("error_file_id", "error_file")
_ENDED_AT = {
    RemoteStatus.COMPLETED: ("completed_at", "ended_at", "finished_at"),
    RemoteStatus.FAILED: ("failed_at", "completed_at"),
    RemoteStatus.EXPIRED: ("expired_at", "completed_at"),
    RemoteStatus.CANCELLED: ("cancelled_at", "canceled_at", "completed_at"),
}
_REASONS = ("errors", "error", "failure_reason", "status_message", "status_details")
_CODE = ("code", "error_code", "type")
_MESSAGE = ("message", "error_message", "detail", "reason", "error", "msg")
_LINE = ("line", "line_number")
_LISTS = ("data", "batches", "files", "jobs", "items", "results")


def read_job(data: Any) -> RemoteJob:
    """Read a job.

    Raises:
        ValueError: this is not a job, or one without an id.
    """
    data = _object(data, "job", "batch", "data", "result", "response")
    job_id = _text(_first(data, "id", "batch_id", "job_id", "batchId", "jobId"))
    if job_id is None:
        raise ValueError("a job without an id")
    counts = data.get("request_counts")
    counts = counts if isinstance(counts, dict) else data
    total, completed, failed = (_count(_first(counts, *names)) for names in _COUNTS.values())
    output, errors = _file_id(data, _OUTPUT), _file_id(data, _ERRORS)
    status, word = read_state(_first(data, "status", "processing_status", "state"))
    if status is RemoteStatus.UNKNOWN:
        status = _ended_by_moments(data, output or errors)
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    metadata = data.get("metadata")
    return RemoteJob(
        id=job_id,
        status=status,
        word=word,
        input_file_id=_file_id(data, ("input_file_id", "input_file")),
        output_file_id=output,
        error_file_id=errors,
        total=total,
        completed=completed,
        failed=failed,
        faults=tuple(_faults(data)),
        metadata={str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {},
        created_at=_moment(data.get("created_at")) or 0.0,
        ended_at=next((at for name in _ENDED_AT.get(status, ()) if (at := _moment(data.get(name)))), None),
        input_tokens=_count(_first(usage, "input_tokens", "prompt_tokens")),
        output_tokens=_count(_first(usage, "output_tokens", "completion_tokens")),
    )


def read_file(data: Any) -> RemoteFile:
    """Read a file.

    Raises:
        ValueError: this is not a file, or one without an id.
    """
    data = _object(data, "file", "data", "result", "response")
    file_id = _text(_first(data, "id", "file_id"))
    if file_id is None:
        raise ValueError("a file without an id")
    return RemoteFile(
        id=file_id,
        name=_text(_first(data, "filename", "name")) or "",
        size_bytes=_count(_first(data, "bytes", "size", "size_bytes")) or 0,
        created_at=_moment(data.get("created_at")) or 0.0,
        status=str(data.get("status") or "").lower()[:_MOST_CHARS],
    )


def read_page(data: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The objects of one page of a list, and the id after which the next page begins; None if this is the last page.

    Raises:
        ValueError: this is not a list.
    """
    page = _first(data, *_LISTS) if isinstance(data, dict) else data
    entries = _first(page, *_LISTS) if isinstance(page, dict) else page
    if not isinstance(entries, list):
        raise ValueError("not a list")  # noqa: TRY004 - a wrong reply, not a wrong argument
    objects = [entry for entry in entries if isinstance(entry, dict) and _text(entry.get("id"))]
    more = isinstance(data, dict) and data.get("has_more") in {True, "true"} and bool(objects)
    return objects, str(objects[-1]["id"]) if more else None


def _object(data: Any, *wrappers: str) -> Mapping[str, Any]:
    """The object itself, or the object that it wraps: Together answers a creation with `{"job": …}`."""
    if isinstance(data, dict) and not data.get("id"):
        data = next((data[name] for name in wrappers if isinstance(data.get(name), dict)), data)
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a wrong reply, not a wrong argument
    return data


def _ended_by_moments(data: Mapping[str, Any], file_id: str | None) -> RemoteStatus:
    """The end that the times of a job tell where its word does not."""
    for status in (RemoteStatus.CANCELLED, RemoteStatus.EXPIRED, RemoteStatus.FAILED):
        if _moment(data.get(_ENDED_AT[status][0])):
            return status
    return RemoteStatus.COMPLETED if file_id and _moment(data.get("completed_at")) else RemoteStatus.UNKNOWN


def _faults(data: Mapping[str, Any]) -> Iterator[RemoteFault]:
    """Why a job failed, from every field that may say so."""
    faults = (fault for name in _REASONS for fault in _faults_in(data.get(name), _MOST_DEPTH))
    for _, fault in zip(range(_MOST_FAULTS), faults, strict=False):
        yield fault


def _faults_in(value: Any, depth: int) -> Iterator[RemoteFault]:
    """OpenAI: `{"data": [{code, message, line}]}`; others: a bare list, one object, a text, or JSON in a text."""
    if not value or not depth:
        return
    if isinstance(value, str):
        if value.lstrip()[:1] in {"{", "["}:
            try:
                nested = list(_faults_in(json.loads(value), depth - 1))
            except (ValueError, RecursionError):
                nested = []
            if nested:
                yield from nested
                return
        yield RemoteFault("", _said(value))
    elif isinstance(value, list):
        for item in value[:_MOST_FAULTS]:
            yield from _faults_in(item, depth - 1)
    elif isinstance(value, dict):
        listed = next((value[name] for name in ("data", "errors", "error") if isinstance(value.get(name), list | dict)), None)
        if listed is not None:
            yield from _faults_in(listed, depth - 1)
            return
        code, message = _text(_first(value, *_CODE)) or "", _text(_first(value, *_MESSAGE)) or ""
        if code or message:
            yield RemoteFault(_said(code), _said(message), _count(_first(value, *_LINE)))


def _said(text: str) -> str:
    """A provider's words, shortened and without quotations, which may be text of a request."""
    return without_quotations("".join(char if char.isprintable() else " " for char in text))[:_MOST_CHARS]


def _first(data: Mapping[str, Any], *names: str) -> Any:
    return next((data[name] for name in names if data.get(name) is not None), None)


def _file_id(data: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    value = next((data[name] for name in names if data.get(name)), None)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return _text(value.get("id")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _count(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_COUNT else None


def _moment(value: Any) -> float | None:
    """Seconds since 1970, from a number or an ISO 8601 text; None if it is neither, or 0."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            value = float(value) if value.isdecimal() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST_COUNT:
        return None
    return float(value / 1_000) if value > _MILLISECONDS else float(value)
