"""What a search has paid for and been told, so that after an interruption it decides the same and asks nothing twice."""

from typing import Any, Protocol


class Notebook(Protocol):
    """Small JSON values by key, kept the moment they are recorded."""

    def recall(self, key: str) -> Any | None:
        """What was recorded under a key; None if nothing was."""
        ...

    def record(self, key: str, value: Any) -> None:
        """Keep a value; a key is recorded once."""
        ...


class MemoryNotebook:
    """A notebook of this process."""

    def __init__(self) -> None:
        self.notes: dict[str, Any] = {}

    def recall(self, key: str) -> Any | None:
        return self.notes.get(key)

    def record(self, key: str, value: Any) -> None:
        self.notes[key] = value
