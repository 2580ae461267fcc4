"""The quarantine: unusable records with place and reason, one JSON object per line, without any of their text.

A file of a few kilobytes can consist of millions of broken records, so lines are bounded, but the count of entries is not.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from semtel_ops.runs.documents import QuarantineLine, QuarantineSum
from semtel_ops.store.files import atomic_write, remove

AddEntry = Callable[[str, str, str], None]
"""Called with place, reason and detail."""

MAX_LINES = 10_000
"""Entries of a file with a line of their own."""
MIN_LINES_PER_REASON = 20
"""First entries of each reason that have a line of their own nevertheless, so that a rare reason is not hidden."""


@contextmanager
def atomic_quarantine(url: str) -> Iterator[AddEntry]:
    """Collect a step's entries; the file appears when the block succeeds. Without entries, an earlier file is removed.

    Entries beyond `MAX_LINES` are counted in a last line for each reason.
    """
    with ExitStack() as stack:
        file: IO[bytes] | None = None
        listed: Counter[str] = Counter()
        unlisted: Counter[str] = Counter()

        def write(line: QuarantineLine | QuarantineSum) -> None:
            nonlocal file
            if file is None:
                file = stack.enter_context(atomic_write(url))
            file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

        def add(place: str, reason: str, detail: str) -> None:
            if listed.total() >= MAX_LINES and listed[reason] >= MIN_LINES_PER_REASON:
                unlisted[reason] += 1
                return
            listed[reason] += 1
            write({"place": place, "reason": reason, "detail": detail})

        yield add
        for reason, entries in unlisted.items():
            detail = f"only counted: {MAX_LINES:,} other entries of this file are listed"
            write({"place": "further places", "reason": reason, "detail": detail, "entries": entries})
        if file is None:
            remove(url)
