"""The containers we know, and which of them a file is."""

from functools import cache

from semtel_ops.conversations.sources.containers.container import Container, Head, StoredContainer, StreamedContainer
from semtel_ops.extensions import CONTAINERS


@cache
def known_containers() -> tuple[Container, ...]:
    """In the order they are tried."""
    return tuple(CONTAINERS.load(name) for name in CONTAINERS.names())


@cache
def known_suffixes() -> frozenset[str]:
    """Suffixes of file names that hold data, with their dots."""
    return frozenset(suffix for known in known_containers() for suffix in known.suffixes)


def stored_containers() -> list[StoredContainer]:
    """Those that are recognised by the first bytes of the stored file."""
    return [known for known in known_containers() if isinstance(known, StoredContainer)]


def sniff(head: Head) -> StreamedContainer | str:
    """The container of a file that begins so; a text says why it is none."""
    for known in known_containers():
        if isinstance(known, StreamedContainer) and known.fits(head):
            return known
    if head.foreign is not None:
        return f"this is {head.foreign}"
    return "its bytes are no text" if head.is_binary else "it is neither JSON, Parquet nor a CSV with a known header"
