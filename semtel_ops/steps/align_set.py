"""The frozen set of an alignment: conversations of files, or of the last published week, drawn alike each time.

From a week, conversations are drawn with a probability in proportion to their weight, in the order of the labels that they
have: every combination of labels has its share of the set, to within a conversation, and all conversations of the set have the
same weight (but for those that weigh more than a place of the set: all of them are drawn, and keep their weight).
"""

import hashlib
from collections.abc import Collection

import fsspec
import pyarrow as pa

from semtel_ops.errors import StoreError
from semtel_ops.repair import split
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.frozen_set import FrozenSet, conversations_of, freeze, freeze_sample, open_set
from semtel_ops.steps.plan import parts_of
from semtel_ops.steps.sample import sample_week
from semtel_ops.store import sql_engine
from semtel_ops.store.files import list_files, read_document, read_json
from semtel_ops.store.layout import Lake, RunFolder
from semtel_ops.store.rooted import decode

_SALT = "align"

# Systematic sampling: the week's weights end to end, in the order of the strata, are cut at equal steps.
_DRAW = """
with rows as (
  select conversation_id as id, max(sample_weight) as weight,
         string_agg(coalesce(label, ''), chr(31) order by classifier) as stratum,
         md5($salt || conversation_id) as key
  from labels where conversation_id not in (select id from left_out) group by 1
), placed as (
  select id, weight, sum(weight) over (order by stratum, key, id rows unbounded preceding) as upto,
         sum(weight) over () / $rows as step, count(*) over () <= $rows as whole
  from rows where weight > 0
)
select id, case when whole then weight else greatest(weight, step) end as weight from placed
where whole or floor(upto / step - $start) > floor((upto - weight) / step - $start)
"""


def set_of_files(base: RunPlan) -> FrozenSet:
    """The set of a run that samples files into a lake of its own. Doing it twice changes nothing."""
    found = open_set(base.lake)
    if found is not None:
        return found
    base.save()
    if read_json(base.folder.sample) is None:
        sample_week([extract_part(part) for part in parts_of(base)])
    sample = decode(read_document(base.folder.sample, step="sample"), base.lake)
    return freeze_sample(base.lake, base.week, sample)


def set_of_week(
    root: str, published: RunFolder, rows: int, *, gold: Collection[str] = (), without: Collection[str] = ()
) -> FrozenSet:
    """The set of a published week. Doing it twice changes nothing; another alignment of the week draws the same conversations.

    Args:
        root: URL of the lake of the set.
        published: the published run of the week.
        rows: conversations to draw; all of the week, if it has fewer.
        gold: conversations that people have labelled. Those that are not drawn are in the set with weight 0: they say who is
            right, and nothing about shares.
        without: ids that are not drawn.

    Raises:
        StoreError: the week has no labels, or none that may be drawn.
    """
    found = open_set(root)
    if found is not None:
        return found
    weights = _drawn(published, rows, without)
    if not weights:
        raise StoreError(f"{published.labels_folder}: has no conversation that can be drawn; publish the week first")
    weights = {**dict.fromkeys(set(gold) - set(without), 0.0), **weights}
    return freeze(root, published.lake, published.week, weights.keys(), weights=weights)


def searched_ids(lake: Lake, week: str) -> set[str]:
    """Conversations of a week on which repairs of this lake's alignments searched: they say nothing about what was found."""
    fs, base = fsspec.core.url_to_fs(lake.path("experiments"))
    found: set[str] = set()
    for path in sorted(fs.glob(f"{base}/*/repair")):
        frozen = open_set(lake.path("experiments", str(path).rstrip("/").split("/")[-2], "lake"))
        if frozen is not None and frozen.week == week:
            names = (batch.column(0).to_pylist() for batch in conversations_of(frozen, ["conversation_id"]))
            found.update(split(name for some in names for name in some).search)
    return found


def _drawn(published: RunFolder, rows: int, without: Collection[str]) -> dict[str, float]:
    """Conversation id → weight in the set."""
    urls = list_files(published.labels_folder, ".parquet")
    if not urls:
        return {}
    start = int.from_bytes(hashlib.blake2b(f"{_SALT}{published.week}".encode(), digest_size=4).digest()) / 2**32
    with sql_engine.connect() as con:
        sql_engine.read(con, "labels", urls, ("conversation_id", "classifier", "label", "sample_weight"))
        con.register("left_out", pa.table({"id": pa.array(sorted(without), pa.string())}))
        drawn = sql_engine.records(con, _DRAW, salt=_SALT, rows=rows, start=start)
        return {row["id"]: float(row["weight"]) for row in drawn}
