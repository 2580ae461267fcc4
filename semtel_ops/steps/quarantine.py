"""The quarantine: unusable records with place and reason, one JSON object per line, without any of their text."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from semtel_ops.runs.documents import QuarantineLine
from semtel_ops.store.files import atomic_write, remove

AddEntry = Callable[[str, str, str], None]
"""Called with place, reason and detail."""


@contextmanager
def atomic_quarantine(url: str) -> Iterator[AddEntry]:
    """Collect a step's entries; the file appears when the block succeeds. Without entries, an earlier file is removed."""
    with ExitStack() as stack:
        file: IO[bytes] | None = None

        def add(place: str, reason: str, detail: str) -> None:
            nonlocal file
            if file is None:
                file = stack.enter_context(atomic_write(url))
            line: QuarantineLine = {"place": place, "reason": reason, "detail": detail}
            file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

        yield add
        if file is None:
            remove(url)
