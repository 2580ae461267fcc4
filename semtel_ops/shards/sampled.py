"""The sample that a shard belongs to, and whether the shard's conversations are still those."""

from semtel_ops.errors import DamagedFileError
from semtel_ops.humanize import count, number
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardRef
from semtel_ops.store.files import how_to_repair
from semtel_ops.store.parquet import claimed_rows


def check_sampled(plan: RunPlan, ref: ShardRef) -> None:
    """Check that a shard has as many conversations as its sample says: each file may be a sound copy from another time.

    Raises:
        DamagedFileError: it has another number.
    """
    url = plan.folder.conversations(ref["shard"])
    rows = claimed_rows(url)
    if rows is not None and rows != ref["conversations"]:
        raise DamagedFileError(
            f"{url}: has {count(rows, 'conversation')}, but {number(ref['conversations'])} were sampled: this file or "
            f"{plan.folder.sample} is an older copy, or conversations were forgotten; {how_to_repair(plan.folder.sample)}"
        )
