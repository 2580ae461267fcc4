"""The notebook of a repair as files: one small JSON document for each note, so that a kill loses none."""

import hashlib
from typing import Any

from semtel_ops.errors import DamagedFileError
from semtel_ops.store.files import read_json, write_json


class FolderNotebook:
    """Notes below a folder of any file system. They have ids of prompts, costs and permitted wording; no conversation text."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._known: dict[str, Any] = {}

    def recall(self, key: str) -> Any | None:
        """What was recorded under a key; a damaged note counts as none, so its step is paid for again at most."""
        if key not in self._known:
            try:
                found = read_json(self._url(key))
            except DamagedFileError:
                found = None
            if found is None or found.get("key") != key:
                return None
            self._known[key] = found["value"]
        return self._known[key]

    def record(self, key: str, value: Any) -> None:
        """Keep a value."""
        write_json(self._url(key), {"key": key, "value": value})
        self._known[key] = value

    def _url(self, key: str) -> str:
        return f"{self._folder}/{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}.json"
