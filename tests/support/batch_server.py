"""A small server of files and batches on 127.0.0.1 whose every reply a test can replace, as servers that nobody here wrote reply."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Any]
"""Status and body: bytes are sent as they are, anything else as JSON."""


def completion(text: str = '{"label": "science"}', **fields: Any) -> dict[str, Any]:
    """The body of a reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return {"id": "r", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage, **fields}


def result(line: dict[str, Any], body: Any = None, status: Any = 200, **fields: Any) -> dict[str, Any]:
    """A result line."""
    response = {"status_code": status, "request_id": "q", "body": completion() if body is None else body}
    return {"id": "x", "custom_id": line["custom_id"], "response": response, "error": None, **fields}


@dataclass
class BatchServer:
    """The state of the server; the callables are what a test replaces.

    Attributes:
        asked: custom ids of all lines of all jobs that were created: an id that occurs twice was paid for twice.
        on_create: refusal of a creation; None to accept it.
        job: changes the object of a job before it is sent; gets the number of looks at it, from 0 for its creation.
        file: changes the object of a file; gets the number of looks at it, from 0 for its upload.
        answer: makes the result line of a request; None where it is lost.
        content: makes the bytes of an output file from its lines.
        download: replaces the reply to a download; gets the number of downloads of this file so far.
    """

    url: str = ""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    on_create: Callable[[int], Reply | None] = lambda _: None
    job: Callable[[dict[str, Any], int], Any] = lambda job, _: job
    file: Callable[[dict[str, Any], int], Any] = lambda file, _: file
    answer: Callable[[dict[str, Any]], Any] = result
    content: Callable[[list[Any]], bytes] = lambda lines: b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    download: Callable[[bytes, int], Reply] = lambda content, _: (200, content)

    def look(self, name: str) -> int:
        self.looks[name] = self.looks.get(name, -1) + 1
        return self.looks[name]

    def reply(self, method: str, path: str, body: bytes) -> Reply:
        parts = path.split("?", maxsplit=1)[0].removeprefix("/v1/").split("/")
        match (method, *parts):
            case "POST", "files":
                head, _, rest = body.partition(b"\r\n\r\n")
                while b'name="file"' not in head:
                    head, _, rest = rest.partition(b"\r\n\r\n")
                content = rest.split(b"\r\n--")[0]
                name = head.decode().split('filename="')[1].split('"')[0]
                file_id = f"file-{len(self.files)}"
                self.files[file_id] = (name, content)
                return 200, self._file(file_id)
            case "GET", "files":
                return 200, {"object": "list", "data": [self._file(file_id, count=False) for file_id in self.files]}
            case "GET", "files", file_id:
                return (200, self._file(file_id)) if file_id in self.files else (404, _error("No such File object"))
            case "GET", "files", file_id, "content":
                if file_id not in self.files:
                    return 404, _error("No such File object")
                return self.download(self.files[file_id][1], self.look(f"download {file_id}"))
            case "DELETE", "files", file_id:
                return 200, {"id": file_id, "deleted": self.files.pop(file_id, None) is not None}
            case "POST", "batches":
                return self._create(json.loads(body))
            case "GET", "batches":
                return 200, {"object": "list", "data": [dict(job) for job in self.jobs.values()][::-1], "has_more": False}
            case "GET", "batches", job_id:
                return 200, self.job(self._ended(job_id), self.look(job_id))
            case "POST", "batches", job_id, "cancel":
                return 200, self.jobs[job_id]
            case _:
                return 404, _error("no such path")

    def _create(self, body: dict[str, Any]) -> Reply:
        refusal = self.on_create(self.look("create"))
        if refusal is not None:
            return refusal
        job_id = f"batch-{len(self.jobs)}"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]][1].splitlines()]
        self.asked += [line["custom_id"] for line in lines]
        self.jobs[job_id] = {
            "id": job_id, "object": "batch", "endpoint": body["endpoint"], "status": "validating", "created_at": 1_700_000_000,
            "input_file_id": body["input_file_id"], "completion_window": "24h", "metadata": body.get("metadata"), "errors": None,
            "output_file_id": None, "error_file_id": None, "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }  # fmt: skip
        self.jobs[job_id]["lines"] = lines
        return 200, self.job(self._shown(job_id), self.look(job_id))

    def _ended(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        if job["status"] == "validating":
            results = [made for made in map(self.answer, job["lines"]) if made is not None]
            file_id = f"file-{len(self.files)}"
            self.files[file_id] = ("output.jsonl", self.content(results))
            counts = {"total": len(job["lines"]), "completed": len(job["lines"]), "failed": 0}
            job.update(status="completed", output_file_id=file_id, request_counts=counts)
        return self._shown(job_id)

    def _shown(self, job_id: str) -> dict[str, Any]:
        return {name: value for name, value in self.jobs[job_id].items() if name != "lines"}

    def _file(self, file_id: str, *, count: bool = True) -> dict[str, Any]:
        name, content = self.files[file_id]
        shown = {
            "id": file_id, "object": "file", "bytes": len(content), "created_at": 1_700_000_000, "filename": name,
            "purpose": "batch", "status": "processed",
        }  # fmt: skip
        return self.file(shown, self.look(file_id) if count else self.looks.get(file_id, 0))


def _error(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None, **fields}}


refusal = _error


@contextmanager
def batch_server() -> Iterator[BatchServer]:
    state = BatchServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, said = state.reply(self.command, self.path, body)
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/octet-stream" if isinstance(said, bytes) else "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
