"""parts.json, sample.json and the quarantine: what became of the records of the source."""

from typing import NotRequired, TypedDict

from semtel_ops.runs.refs import PartRef, ShardRef


class PartsDocument(TypedDict):
    """parts.json: the parts into which `plan` divided the source.

    Attributes:
        parts: references to the parts, the arguments of `extract`.
    """

    parts: list[PartRef]


class SampleDocument(TypedDict):
    """sample.json: a count of every record of the source by what was done with it, and the shards of the sample.

    read = unreadable + outside_week + forgotten + not_sampled + staged_rows, and
    staged_rows = id_conflicts + duplicates + eligible.

    Attributes:
        read: records in the source.
        unreadable: unreadable records, all in the quarantine.
        outside_week: records dated outside the week.
        forgotten: records of conversations that `semtel forget` has erased; absent for none.
        not_sampled: records excluded by `sample.rate`.
        staged_rows: records that were staged.
        id_conflicts: staged records whose id is used by different conversations, all in the quarantine.
        quarantined: unreadable + id_conflicts.
        duplicates_same_id: further records with the same id and content, or an earlier state of it.
        duplicate_content: further records with the same content under another id.
        duplicates: the sum of both.
        eligible: conversations that could be sampled.
        population: sum of the sample weights: eligible / sample.rate, an estimate if the rate is below 1.
        sampled: conversations in the sample.
        erased: conversations that `semtel forget` has removed from the sample since; absent for none.
        repaired: records that were read although something was wrong in them, all in repairs/.
        scrubbed: kind of personal data → replacements.
        left_out: `language` or `labels` → values of the source that the lake may not have.
        shards: references to all shards, empty ones included.
        sampled_by: for a reprocess, the run that drew the sample.
    """

    read: int
    unreadable: int
    outside_week: int
    forgotten: NotRequired[int]
    not_sampled: int
    staged_rows: int
    id_conflicts: int
    quarantined: int
    duplicates_same_id: int
    duplicate_content: int
    duplicates: int
    eligible: int
    population: int
    sampled: int
    erased: NotRequired[int]
    repaired: NotRequired[int]
    scrubbed: dict[str, int]
    left_out: NotRequired[dict[str, int]]
    shards: NotRequired[list[ShardRef]]
    sampled_by: NotRequired[str]


class FrozenSetDocument(TypedDict):
    """runs/set.json: conversations that several labellers, or one labeller every day, are asked about.

    Attributes:
        week: ISO week that the conversations are of.
        fingerprint: 32 hex digits, a hash of the ids and contents of the conversations when the set was made.
        sample: the sample that every run of the set has.
    """

    week: str
    fingerprint: str
    sample: SampleDocument


class QuarantineLine(TypedDict):
    """A line of quarantine/….jsonl: an unusable record. Never contains text of a conversation.

    Attributes:
        place: file and record.
        reason: machine-readable, such as invalid_json or duplicate_id_conflict.
        detail: actual and expected value, for people.
    """

    place: str
    reason: str
    detail: str


class QuarantineSum(QuarantineLine):
    """A line of quarantine/….jsonl that counts further entries of a reason, which have no line of their own.

    Attributes:
        entries: their number.
    """

    entries: int
