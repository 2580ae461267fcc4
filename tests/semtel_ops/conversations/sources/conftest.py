"""Examples of every format, and how to read bytes as a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from semtel_ops.conversations.sources import Reason, Record, Unreadable, read_file
from semtel_ops.testing.source_examples import EXAMPLES, Example

ReadBytes = Callable[..., list[Record | Unreadable]]


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES.keys())
def example(request: pytest.FixtureRequest) -> Example:
    return request.param


@pytest.fixture
def examples() -> dict[str, Example]:
    return EXAMPLES


@pytest.fixture
def read_bytes(tmp_path: Path) -> ReadBytes:
    """Write bytes to a file and read it."""

    def read(data: bytes, name: str = "data.jsonl", max_record_mb: float = 1.0) -> list[Record | Unreadable]:
        path = tmp_path / name
        path.write_bytes(data)
        return list(read_file(str(path), max_record_mb=max_record_mb))

    return read


@pytest.fixture
def outline() -> Callable[[list[Record | Unreadable]], list[str | Reason]]:
    """What became of each record: its conversation's id, or the reason."""

    def say(outcomes: list[Record | Unreadable]) -> list[str | Reason]:
        return [outcome.conversation.id if isinstance(outcome, Record) else outcome.reason for outcome in outcomes]

    return say
