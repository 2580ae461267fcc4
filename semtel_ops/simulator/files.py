"""Uploaded files and result files, in a temporary folder that is deleted when the simulator ends."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from semtel_ops.simulator.connection_faults import connection_of, wait_for_disconnect

_CHUNK_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the files API."""

    id: str
    filename: str
    purpose: str
    path: Path
    size_bytes: int
    created_at: int
    expires_at: int | None = None

    def shape(self) -> dict[str, Any]:
        """The file as the API returns it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.size_bytes,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


class FileStore:
    """Files by id, oldest first."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, StoredFile] = {}

    def new_path(self) -> Path:
        """A path for a new file; `keep` adds the written file to the store."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="semtel-simulator-", ignore_cleanup_errors=True)
        return Path(self._folder.name) / secrets.token_hex(12)

    def keep(self, path: Path, *, filename: str, purpose: str, created_at: float, expires_at: int | None = None) -> StoredFile:
        stored = StoredFile(f"file-{path.name}", filename, purpose, path, path.stat().st_size, int(created_at), expires_at)
        self._files[stored.id] = stored
        return stored

    def get(self, file_id: Any) -> StoredFile | None:
        return self._files.get(file_id) if isinstance(file_id, str) else None

    def all(self) -> list[StoredFile]:
        return list(self._files.values())

    def delete(self, file_id: str) -> bool:
        stored = self._files.pop(file_id, None)
        if stored is not None:
            stored.path.unlink(missing_ok=True)
        return stored is not None

    def close(self) -> None:
        self._files.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class FileContent(Response):
    """A file's bytes, streamed; with `cut`, the connection is closed after half of them."""

    media_type = "application/octet-stream"

    def __init__(self, stored: StoredFile, *, cut: bool) -> None:
        super().__init__(headers={"content-length": str(stored.size_bytes)})
        self._file = stored
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        limit = self._file.size_bytes // 2 if self._cut else self._file.size_bytes
        async for chunk in _chunks(self._file.path, limit):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if self._cut:
            connection_of(scope).end()
            await wait_for_disconnect(receive)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _chunks(path: Path, limit: int) -> AsyncIterator[bytes]:
    """The first `limit` bytes. Read on the event loop, since a local disk is fast."""
    with path.open("rb") as source:
        while limit > 0 and (chunk := source.read(min(limit, _CHUNK_BYTES))):
            limit -= len(chunk)
            yield chunk
