"""The sample of a week: deterministic, weighted, drawn in SQL.

Conversations are drawn in the order of `sample_key`, 16 hex digits of md5(salt || id): the same id gets the same decision on
any machine and in any engine. The statements below read the narrow columns of staged rows (never the text) and create three
tables: `graded` (every staged row with its verdict), `picked` (the sample: weight and stratum) and `placed` (its shard).
They use only functions that other SQL engines share, so that sqlglot can translate them.

Buckets: the first two hex digits of the content hash name one of 256 buckets. A shard is a contiguous range of buckets,
so equal content is always in the same shard for a given number of shards, and other data stored by bucket has the same borders.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal

from semtel_ops.settings import SampleConfig, ShardConfig

BUCKETS = 256
KEY_DIGITS = 16
_KEY_SPACE = 16**KEY_DIGITS

Verdict = Literal["kept", "duplicate_same_id", "duplicate_id_conflict", "duplicate_content"]


def sample_key(conversation_id: str, salt: str) -> str:
    """The first 16 hex digits of md5(salt || id); in SQL `substr(md5(salt || id), 1, 16)`."""
    text = (salt + conversation_id).encode("utf-8", "replace")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()[:KEY_DIGITS]


def passes_rate(key: str, rate: float) -> bool:
    """Whether a key is in the lowest fraction `rate` (0 to 1) of all keys; a higher rate keeps all that a lower rate kept."""
    return bool(int(key, 16) < rate * _KEY_SPACE)


def bucket_of(content_hash: str) -> str:
    """The bucket of a content hash: two hex digits."""
    return content_hash[:2]


def shard_of_bucket(bucket: str, shards: int) -> int:
    """The shard, counted from 0, that a bucket belongs to when there are `shards` of them (at most 256)."""
    return int(bucket, 16) * shards // BUCKETS


def shard_count(conversations: int, config: ShardConfig) -> int:
    """Number of shards: one per `config.conversations` conversations, at least 1, at most `max_shards` and 256."""
    wanted = -(-conversations // config.conversations)
    return max(1, min(wanted, config.max_shards, BUCKETS))


def grade_sql(config: SampleConfig, *, grown: str | None = None) -> str:
    """Statement that makes `graded` from `staged`: every row once, with its verdict and its stratum.

    Of rows with the same id and the same content the earliest is kept (by date, then by place). An id with several different
    contents is a defect of the source: none of its rows is kept. With `deduplicate`, of ids with the same content the id with
    the smallest sample key is kept.

    Args:
        grown: a table of ids (`conversation_id`) whose contents are beginnings of the longest, which is kept.
    """
    duplicate_content = "copy_of_content > 1" if config.deduplicate else "false"
    has_grown = "false" if grown is None else f"conversation_id in (select conversation_id from {grown})"  # noqa: S608 — a name of ours
    return f"""
create table graded as
with identified as (
  select conversation_id, content_hash, sample_key, place, part_file, part_row,
         {_stratum_sql(config.strata)} as stratum,
         min(content_hash) over (partition by conversation_id) <> max(content_hash) over (partition by conversation_id)
           and not ({has_grown}) as conflicting,
         row_number() over (
           partition by conversation_id order by n_turns desc, started_at nulls last, place, part_file, part_row
         ) as copy_of_id
  from staged
), counted as (
  select *,
         row_number() over (
           partition by content_hash, conflicting, copy_of_id > 1 order by sample_key, conversation_id
         ) as copy_of_content
  from identified
)
select conversation_id, content_hash, sample_key, place, part_file, part_row, stratum,
       case when conflicting then 'duplicate_id_conflict'
            when copy_of_id > 1 then 'duplicate_same_id'
            when {duplicate_content} then 'duplicate_content'
            else 'kept' end as verdict
from counted
"""  # noqa: S608 — made of constants of this module


def pick_sql(config: SampleConfig) -> str:
    """Statement that makes `picked` from `graded`: the weighted sample. Its parameter `population` is the sum of the weights.

    Taking rows by their rank within their stratum, then by key, gives every stratum the same number of rows; what small strata
    lack goes to larger strata. The weight of a row is the size of its stratum divided by the rows picked from it. With more
    strata than `count`, some have no picked row: scaling the weights to `population` spreads theirs over the others.
    """
    limit = "" if config.count is None else f"where turn <= {config.count:d}"
    return f"""
create table picked as
with ranked as (
  select *, row_number() over (partition by stratum order by sample_key, conversation_id) as rank_in_stratum,
         count(*) over (partition by stratum) as in_stratum
  from graded where verdict = 'kept'
), queued as (
  select *, row_number() over (order by rank_in_stratum, sample_key, conversation_id) as turn from ranked
), chosen as (
  select *, in_stratum * 1.0 / count(*) over (partition by stratum) as weight from queued {limit}
)
select part_file, part_row, content_hash, stratum,
       weight * $population / sum(weight) over () as sample_weight
from chosen
"""  # noqa: S608 — made of constants of this module and a checked integer


PLACE_SQL = """
create table placed as
select part_file, part_row, stratum, sample_weight,
       cast(floor(bucket * $shards / 256) as integer) as shard
from (
  select *, (strpos('0123456789abcdef', substr(content_hash, 1, 1)) - 1) * 16
          + strpos('0123456789abcdef', substr(content_hash, 2, 1)) - 1 as bucket
  from picked
) as bucketed
"""
"""Statement that makes `placed` from `picked`: `shard_of_bucket(bucket_of(content_hash), shards)` in SQL."""

_STRATUM_SQL: dict[str, str] = {
    "language": "'language=' || coalesce(nullif(lower(trim(language)), ''), 'unknown')",
    # Characters: about a short question, a page, a long document, and text long enough to be truncated.
    "length": "'length=' || case when chars < 1000 then 'short' when chars < 4000 then 'medium'"
    " when chars < 16000 then 'long' else 'very_long' end",
    # Two turns are one exchange: a question and its answer.
    "turns": "'turns=' || case when n_turns <= 2 then '1-2' when n_turns <= 6 then '3-6'"
    " when n_turns <= 20 then '7-20' else '21+' end",
}


def _stratum_sql(strata: Sequence[str]) -> str:
    """An expression such as `language=en/length=short`; NULL where the sample is not stratified."""
    return " || '/' || ".join(_STRATUM_SQL[name] for name in strata) or "cast(null as varchar)"
