"""Containers: how records are stored in a file. Each container splits a file into raw records, in order, in bounded memory.

Here: lines of JSON, JSON arrays and concatenated JSON values, CSV, Parquet, and what rows of tables have in common. To add a
container, write a module with a `StreamedContainer` or a `StoredContainer` and name it in `semtel_ops.extensions.builtin`. Not
here: what a record means (`formats`), nor how files are opened or decompressed (`streams`).
"""

from semtel_ops.conversations.sources.containers.catalog import known_containers, known_suffixes, sniff, stored_containers
from semtel_ops.conversations.sources.containers.container import Container, Head, StoredContainer, StreamedContainer

__all__ = [
    "Container",
    "Head",
    "StoredContainer",
    "StreamedContainer",
    "known_containers",
    "known_suffixes",
    "sniff",
    "stored_containers",
]
