"""Batch jobs: validating → in_progress → finalizing → completed, or failed, expired or cancelled.

An asyncio task processes each job, and pauses so that the job takes the configured time divided by `time_factor`. Lines are
answered in random order, which is also the order of the result files.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson

from semtel_ops.simulator.batch_input import InputCheck, check_input
from semtel_ops.simulator.batch_lines import LineResult, answer_line, expired_line
from semtel_ops.simulator.files import FileStore, StoredFile
from semtel_ops.simulator.state import Simulator

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_STEP_LINES = 50
_STALLED_S = 0.05
"""Interval at which a stalled job checks whether it may continue."""


@dataclass(slots=True)
class Job:
    """A batch job; times are in wall-clock seconds."""

    id: str
    input_file: StoredFile
    endpoint: str
    url: str
    metadata: dict[str, str] | None
    created_at: float
    expires_at: float
    status: str = "validating"
    model: str = ""
    moments: dict[str, int] = field(default_factory=dict)
    total: int = 0
    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    enqueued_tokens: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    output_file_id: str | None = None
    error_file_id: str | None = None

    def shape(self, *, null_counts: bool) -> dict[str, Any]:
        """The job as the API returns it."""
        ended = self.status in ENDED
        blank = null_counts and not ended
        moments = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
        counts = {"total": self.total, "completed": self.completed, "failed": self.failed}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": self.url,
            "model": self.model or None,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": self.input_file.id,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": "" if blank else self.output_file_id,
            "error_file_id": "" if blank else self.error_file_id,
            "created_at": int(self.created_at),
            "expires_at": ceil(self.expires_at),
            **{f"{name}_at": self.moments.get(name) for name in moments},
            "request_counts": None if blank else counts,
            "usage": {
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens,
                "total_tokens": self.input_tokens + self.output_tokens,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
            },
            "metadata": self.metadata,
        }


class BatchJobs:
    """All jobs, newest last, and the asyncio tasks that process them."""

    def __init__(self, simulator: Simulator, files: FileStore) -> None:
        self._simulator = simulator
        self._files = files
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def create(
        self, input_file: StoredFile, *, endpoint: str, url: str, metadata: dict[str, str] | None, checked: InputCheck | None
    ) -> Job:
        """Start a job; `checked`: the result of `check` if the file was checked already."""
        now = self._simulator.clock.now()
        expires_at = now + self._simulator.config.batch.window_s / self._simulator.config.batch.time_factor
        job = Job(f"batch_{secrets.token_hex(16)}", input_file, endpoint, url, metadata, now, expires_at)
        self._jobs[job.id] = job
        task = asyncio.get_running_loop().create_task(self._run(job, checked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        return list(self._jobs.values())

    def cancel(self, job: Job) -> bool:
        """Start the cancellation of a job; False where the job has ended or is finalizing."""
        if job.status not in {"validating", "in_progress", "cancelling"}:
            return False
        if job.status != "cancelling":
            self._become(job, "cancelling")
        return True

    def fits(self, model: str, tokens: int) -> bool:
        """Whether this many more prompt tokens may be enqueued for a model."""
        limit = self._simulator.config.batch.enqueued_tokens
        enqueued = sum(job.enqueued_tokens for job in self._jobs.values() if job.model == model and job.status not in ENDED)
        return limit is None or enqueued + tokens <= limit

    def check(self, file: StoredFile, endpoint: str) -> Awaitable[InputCheck]:
        """Check an input file."""
        config = self._simulator.config
        return check_input(
            file.path,
            endpoint=endpoint,
            max_requests=config.batch.max_requests,
            reject_bom=config.batch.reject_bom,
            serves=self._simulator.answers,
        )

    async def aclose(self) -> None:
        """Cancel all tasks and wait for their end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _become(self, job: Job, status: str) -> None:
        job.status = status
        job.moments[status] = int(self._simulator.clock.now())

    async def _pause(self, simulated_s: float) -> None:
        if simulated_s > 0:
            await self._simulator.clock.sleep(simulated_s / self._simulator.config.batch.time_factor)

    async def _run(self, job: Job, checked: InputCheck | None) -> None:
        try:
            await self._work(job, checked)
        except FileNotFoundError:
            # The input file was deleted while the job ran.
            job.errors = [{"code": "input_modified", "message": "The input file is gone.", "param": None, "line": None}]
            self._become(job, "failed")

    async def _work(self, job: Job, checked: InputCheck | None) -> None:
        config = self._simulator.config.batch
        file_check = checked or await self.check(job.input_file, job.endpoint)
        await self._pause(config.validating_s)
        job.model = file_check.model
        if not file_check.errors and not self.fits(file_check.model, file_check.input_tokens):
            file_check.add_error("token_limit_exceeded", token_limit_message(file_check.model, config.enqueued_tokens), None)
        if job.status == "validating" and file_check.errors:
            job.errors = file_check.errors
            self._become(job, "failed")
            return
        job.total = len(file_check.offsets)
        job.enqueued_tokens = file_check.input_tokens
        if job.status == "validating":
            self._become(job, "in_progress")
        with _Results(self._files, bom=config.output_bom) as results:
            unanswered = await self._answer_all(job, file_check.offsets, results)
            await self._finish(job, unanswered, results)

    async def _answer_all(self, job: Job, offsets: list[int], results: "_Results") -> list[int]:
        """Answer lines until the end, or until the job is cancelled or expires; returns the offsets of unanswered lines."""
        simulator, config = self._simulator, self._simulator.config.batch
        if config.shuffle:
            random.Random(f"{simulator.config.seed}/{job.total}").shuffle(offsets)
        with job.input_file.path.open("rb") as source:
            for start in range(0, len(offsets), _STEP_LINES):
                step = offsets[start : start + _STEP_LINES]
                await self._stall(job, start / len(offsets))
                if job.status == "in_progress":
                    await self._pause(config.run_s * len(step) / len(offsets))
                late = config.expires and simulator.clock.now() >= job.expires_at
                if job.status != "in_progress" or late:
                    return offsets[start:]
                for line in _read_at(source, step):
                    results.add(job, answer_line(simulator, line, job.endpoint))
                    await asyncio.sleep(0)
        return []

    async def _stall(self, job: Job, answered_share: float) -> None:
        """Wait while `stalls_at` is reached. The setting is read each time, since it can be changed while the job runs."""
        simulator = self._simulator
        while (stalls_at := simulator.config.batch.stalls_at) is not None and answered_share >= stalls_at:
            late = simulator.config.batch.expires and simulator.clock.now() >= job.expires_at
            if job.status != "in_progress" or late:
                return
            await simulator.clock.sleep(_STALLED_S)

    async def _finish(self, job: Job, unanswered: list[int], results: "_Results") -> None:
        config = self._simulator.config.batch
        if job.status == "cancelling":
            await self._pause(config.finalizing_s)
            results.publish(job, self._simulator, empty_error_file=config.empty_error_file)
            self._become(job, "cancelled")
            return
        if unanswered:
            with job.input_file.path.open("rb") as source:
                for line in _read_at(source, unanswered):
                    # request_counts does not have these lines; their number is total - completed - failed.
                    results.write(expired_line(line))
                    await asyncio.sleep(0)
            results.publish(job, self._simulator, empty_error_file=config.empty_error_file)
            self._become(job, "expired")
            return
        self._become(job, "finalizing")
        await self._pause(config.finalizing_s)
        results.publish(job, self._simulator, empty_error_file=config.empty_error_file)
        self._become(job, "completed")


def token_limit_message(model: str, limit: int | None) -> str:
    return (
        f"Enqueued token limit reached for {model}. Limit: {limit} enqueued tokens. Please try again once some"
        " in_progress batches have been completed."
    )


def _read_at(source: BinaryIO, offsets: list[int]) -> Iterator[dict[str, Any]]:
    for offset in offsets:
        source.seek(offset)
        line = orjson.loads(source.readline())
        assert isinstance(line, dict)
        yield line


class _Results:
    """The two result files of a job while they are written. Unpublished files are deleted at the end."""

    def __init__(self, files: FileStore, *, bom: bool) -> None:
        self._files = files
        self._bom = bom
        self._open: dict[str, tuple[Path, BinaryIO]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for path, sink in self._open.values():
            sink.close()
            path.unlink(missing_ok=True)

    def add(self, job: Job, result: LineResult) -> None:
        if result.succeeded:
            job.completed += 1
        else:
            job.failed += 1
        job.input_tokens += result.input_tokens
        job.output_tokens += result.output_tokens
        job.reasoning_tokens += result.reasoning_tokens
        if not result.lost:
            self.write(result)

    def write(self, result: LineResult) -> None:
        self._sink("output" if result.succeeded else "error").write(orjson.dumps(result.line) + b"\n")

    def publish(self, job: Job, simulator: Simulator, *, empty_error_file: bool) -> None:
        """Close the files and store their ids in the job; there is no file without lines, except an `empty_error_file`."""
        if empty_error_file:
            self._sink("error", blank=True)
        ids: dict[str, str] = {}
        for name, (path, sink) in self._open.items():
            sink.close()
            stored = self._files.keep(
                path,
                filename=f"{job.id}_{name}.jsonl",
                purpose="batch_output",
                created_at=simulator.clock.now(),
            )
            ids[name] = stored.id
        self._open.clear()
        job.output_file_id, job.error_file_id = ids.get("output"), ids.get("error")

    def _sink(self, name: str, *, blank: bool = False) -> BinaryIO:
        if name not in self._open:
            path = self._files.new_path()
            sink = path.open("wb")
            if self._bom and not blank:
                sink.write(b"\xef\xbb\xbf")
            self._open[name] = (path, sink)
        return self._open[name][1]
