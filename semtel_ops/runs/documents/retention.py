"""The manifest of `semtel lake clean`."""

from typing import TypedDict


class CleanedKind(TypedDict):
    """What retention removed of one kind of files, or would remove.

    Attributes:
        kind: as in `retention` of pipeline.yaml.
        older_than: the age in days.
        files: files removed; of the journal, files that became smaller.
        rows: replies removed from the journal, or label rows from SQL; 0 for other kinds.
        bytes: size of the files removed; of the journal, by how much they became smaller.
        kept_files: older files that were kept, since a published week or a run that has not ended needs them.
        cost_usd: what the removed replies cost: the price of asking again.
    """

    kind: str
    older_than: int
    files: int
    rows: int
    bytes: int
    kept_files: int
    cost_usd: float


class CleanManifest(TypedDict):
    """What `semtel lake clean` removed, or in a dry run would remove.

    Attributes:
        root: root of the lake.
        dry_run: whether nothing was changed.
        kinds: one entry for each kind with a retention.
        bytes: their sum.
        cost_usd: their sum.
    """

    root: str
    dry_run: bool
    kinds: list[CleanedKind]
    bytes: int
    cost_usd: float
