"""The registered containers, and detection of a file's container."""

from functools import cache

from semtel_ops.conversations.sources.containers.container import Container, Head, StoredContainer, StreamedContainer
from semtel_ops.extensions import CONTAINERS


@cache
def known_containers() -> tuple[Container, ...]:
    """All containers, in the order in which they are tried."""
    return tuple(CONTAINERS.load(name) for name in CONTAINERS.names())


@cache
def known_suffixes() -> frozenset[str]:
    """Suffixes of file names that hold data, with their dots."""
    return frozenset(suffix for known in known_containers() for suffix in known.suffixes)


def stored_containers() -> list[StoredContainer]:
    """The containers that are recognized by the first bytes of the stored file."""
    return [known for known in known_containers() if isinstance(known, StoredContainer)]


def sniff(head: Head) -> StreamedContainer | str:
    """The container of a file that begins with `head`, or the reason why there is none."""
    for known in known_containers():
        if isinstance(known, StreamedContainer) and known.fits(head):
            return known
    if head.foreign is not None:
        return f"this is {head.foreign}"
    return (
        "it is a binary file, or text that is not UTF-8"
        if head.is_binary
        else "it is neither JSON, Parquet nor a CSV with a known header"
    )
