"""What endpoints said when they did not answer: each kind is logged once, then counted. Never text of a conversation."""

import logging

from semtel_ops.clock import Clock
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.conversations.scrub import scrub_message
from semtel_ops.errors import EndpointError
from semtel_ops.runs.documents import RefusalCount, RefusalsDocument
from semtel_ops.store.files import read_json, write_json

log = logging.getLogger(__name__)

MOST_KINDS = 50
OTHER = "other"
_CODE_CHARS = 60

Kind = tuple[str, str, int | None, str | None]
"""(endpoint, kind, status, code)"""


class RefusalLog:
    """The refusals of a shard, in one document that each of its tasks continues."""

    def __init__(self, url: str, shard: int, clock: Clock) -> None:
        """`url`: of the shard's document, which is read if it exists."""
        self._url = url
        self._shard = shard
        self._clock = clock
        earlier: RefusalsDocument | None = read_json(url, needed=False)
        self._counts = {_kind_of(entry): entry for entry in (earlier["refusals"] if earlier else ())}
        self._logged: set[Kind] = set()
        self._changed = False

    def add(self, endpoint: str, error: EndpointError, example_id: str | None, *, times: int = 1) -> None:
        """Count a failed call, or `times` calls that failed in the same way.

        Args:
            example_id: a conversation that the request was about; None where that is not known.
        """
        code = None if error.code is None else scrub_message(error.code, _CODE_CHARS)
        kind: Kind = (endpoint, error.kind.value, error.status, code)
        if kind not in self._counts and len(self._counts) >= MOST_KINDS:
            kind = (endpoint, OTHER, None, None)
        now = self._clock.now()
        entry = self._counts.get(kind)
        if entry is None:
            self._counts[kind] = entry = {
                "endpoint": endpoint,
                "kind": kind[1],
                "status": kind[2],
                "code": kind[3],
                "words": scrub_message(str(error).removeprefix(f"{endpoint}: ")),
                "count": 0,
                "first_at": now,
                "last_at": now,
                "example_id": example_id,
            }
        entry["count"] += times
        entry["last_at"] = now
        self._changed = True
        if kind not in self._logged:
            self._logged.add(kind)
            about = "" if example_id is None else f" about conversation {shown_id(example_id)}"
            log.warning(
                "shard %d: endpoint %s failed a request (%s)%s; others like it are only counted: %s",
                self._shard, endpoint, kind[1], about, scrub_message(str(error).removeprefix(f"{endpoint}: ")),
            )  # fmt: skip

    def save(self) -> None:
        """Write the document if anything was added since. May run in a thread."""
        if self._changed:
            self._changed = False
            content: RefusalsDocument = {"refusals": [entry.copy() for entry in list(self._counts.values())]}
            write_json(self._url, content)


def _kind_of(entry: RefusalCount) -> Kind:
    return entry["endpoint"], entry["kind"], entry["status"], entry["code"]
