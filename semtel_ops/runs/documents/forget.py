"""forgotten/receipts/….json: what an erasure removed where."""

from typing import NotRequired, TypedDict


class ErasedPlace(TypedDict):
    """What was removed from one kind of files, or from a part of the ledger.

    Attributes:
        place: the folder in the lake, or the table.
        what: what it holds.
        files: files that had something of the conversations.
        rows: rows, replies, lines or example ids that were removed.
        bytes: by how much the files became smaller.
    """

    place: str
    what: str
    files: int
    rows: int
    bytes: int


class ProviderFile(TypedDict):
    """A file of a batch job with requests of the conversations that is still at the provider.

    Attributes:
        endpoint: name of the endpoint.
        file_id: the provider's id of the file.
        job_key: the batch job.
        deleted: whether the provider confirmed that it is deleted.
    """

    endpoint: str
    file_id: str
    job_key: str
    deleted: bool


class PendingFile(TypedDict):
    """The file that is about to be changed: if it has nothing left at the next start, it was changed.

    Attributes:
        path: below the root.
        rows: rows that it had.
        bytes: its size.
        asked_again: as in the receipt.
        cost_usd: as in the receipt.
    """

    path: str
    rows: int
    bytes: int
    asked_again: int
    cost_usd: float


class ForgetReceipt(TypedDict):
    """A receipt of `semtel forget`. It names no conversation.

    Attributes:
        request: name of the request, from the salted hashes of its ids; empty in a dry run.
        state: dry_run; waiting: the ids are on the list, but runs are at work; erasing: under way or interrupted; incomplete:
            see `remaining`; done.
        root: root of the lake.
        ids: ids in the request.
        not_found: of these, ids that no row and no line of the quarantine had: misspelt, or removed before.
        found: which were found, as bits in hexadecimal: the first in the order of the sorted ids is the lowest bit.
        began_at: ISO 8601.
        ended_at: ISO 8601; None until it is done.
        places: what was removed where; in a dry run, what would be.
        damaged_segments: damaged files of the journal that were removed, since they may quote one of the conversations.
        asked_again: replies removed that also answered for other conversations.
        cost_usd: what these cost: the price of asking for them again.
        provider_files: files of batch jobs at providers.
        verified_files: files that were read again at the end.
        remaining: what could not be removed, with the reason.
        elsewhere: places that this command cannot reach, with what to do there.
        pending: the file that is being changed; None for none.
    """

    request: str
    state: str
    root: str
    ids: int
    not_found: NotRequired[int]
    found: NotRequired[str]
    began_at: str
    ended_at: str | None
    places: list[ErasedPlace]
    damaged_segments: NotRequired[list[str]]
    asked_again: int
    cost_usd: float
    provider_files: list[ProviderFile]
    verified_files: int
    remaining: list[str]
    elsewhere: list[str]
    pending: NotRequired[PendingFile | None]
