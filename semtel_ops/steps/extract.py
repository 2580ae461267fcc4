"""Extract a part of the source: read it, keep what the week needs, scrub it, and stage it for sampling."""

import json
import logging
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

import pyarrow as pa

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.free_fields import FreeFields, scrub_labels
from semtel_ops.conversations.lake_ids import lake_ids
from semtel_ops.conversations.model import content_hash
from semtel_ops.conversations.sampling import passes_rate, sample_key
from semtel_ops.conversations.scrub import Scrubber, all_visible, make_scrubber
from semtel_ops.conversations.sources import Record, Unreadable, read_file, read_sql
from semtel_ops.conversations.weeks import Week
from semtel_ops.errors import ConfigError, ReconciliationError
from semtel_ops.humanize import count, duration
from semtel_ops.humanize import number as in_words
from semtel_ops.prompts import prompt_ids
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ExtractedPart, PartRef
from semtel_ops.settings import PipelineConfig, SourceConfig
from semtel_ops.settings.environment import read_secret
from semtel_ops.steps.quarantine import AddEntry, atomic_quarantine
from semtel_ops.store.forgotten import Forgotten
from semtel_ops.store.parquet import ParquetSink, atomic_parquet
from semtel_ops.store.tables import STAGED, turns_column

log = logging.getLogger(__name__)

# Rows are handed on when either is reached: many small conversations together, a large one alone. Many, since each look of
# the scrubber at a batch has a price of its own.
_BATCH_ROWS = 16_000
_BATCH_CHARS = 4_000_000
_SAY_EVERY_S = 5.0


@dataclass(slots=True)
class _ExtractCounts:
    """Counts of records by outcome, and the range of their dates."""

    read: int = 0
    unreadable: int = 0
    outside_week: int = 0
    forgotten: int = 0
    not_sampled: int = 0
    staged_rows: int = 0
    repaired: int = 0
    scrubbed: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    def see(self, started_at: datetime | None) -> None:
        if started_at is not None:
            self.first = started_at if self.first is None else min(self.first, started_at)
            self.last = started_at if self.last is None else max(self.last, started_at)


def extract_part(part: PartRef) -> ExtractedPart:
    """Stage one part's conversations of the week; a second time writes the same rows.

    Every record ends in one of five counts: read = unreadable + outside_week + forgotten + not_sampled + staged_rows.

    Raises:
        SourceError: a file or the database cannot be opened.
        StoreError: the run does not exist, or the lake cannot be written.
        ConfigError: the scrub engine or the database's URL is missing.
    """
    clock = SystemClock()
    started = clock.monotonic()
    plan = RunPlan.load(part["run"])
    number = part["part"]
    url = plan.folder.staged(number)
    quarantine = plan.folder.quarantine(f"part={number:04d}")
    stager = _Stager(plan.config, Week.parse(plan.week), _label_keys(plan), Forgotten(plan.paths))
    repairs = plan.folder.repairs(number)
    with atomic_quarantine(quarantine) as add, atomic_quarantine(repairs) as note, atomic_parquet(url, STAGED) as sink:
        for item in _with_progress(_items(part, plan.config.source), number, clock):
            stager.take(item, sink, add, note)
        stager.flush(sink)
    tally = stager.tally
    if tally.read != tally.unreadable + tally.outside_week + tally.forgotten + tally.not_sampled + sink.rows:
        raise ReconciliationError(f"part {number}: {tally.read} records read, but the counts do not add up; no data was lost")
    seconds = round(clock.monotonic() - started, 3)
    log.info(
        "extract part %s: done in %s; %s read, %s staged, %s outside week %s, %s not sampled, %s unreadable",
        number, duration(seconds), count(tally.read, "record"), in_words(sink.rows), in_words(tally.outside_week), plan.week,
        in_words(tally.not_sampled), in_words(tally.unreadable),
    )  # fmt: skip
    if tally.repaired:
        log.warning(
            "extract part %s: %s had faults that were repaired, such as another encoding; see %s",
            number, count(tally.repaired, "record"), repairs,
        )  # fmt: skip
    if left_out := dict(stager.fields.left_out):
        log.warning(
            "extract part %s: not taken from the source: %s; a language has to be a tag, a label a short value of a classifier",
            number, ", ".join(f"{name} {in_words(n)}" for name, n in sorted(left_out.items())),
        )  # fmt: skip
    return _manifest(part, url, tally, left_out, seconds)


def _manifest(part: PartRef, url: str, tally: _ExtractCounts, left_out: dict[str, int], seconds: float) -> ExtractedPart:
    return {
        "run": part["run"],
        "part": part["part"],
        "staged": url,
        "read": tally.read,
        "unreadable": tally.unreadable,
        "outside_week": tally.outside_week,
        "forgotten": tally.forgotten,
        "not_sampled": tally.not_sampled,
        "staged_rows": tally.staged_rows,
        "repaired": tally.repaired,
        "scrubbed": dict(sorted(tally.scrubbed.items())),
        "left_out": dict(sorted(left_out.items())),
        "first_started_at": tally.first.isoformat() if tally.first else None,
        "last_started_at": tally.last.isoformat() if tally.last else None,
        "seconds": seconds,
    }


def _items(part: PartRef, source: SourceConfig) -> Iterator[Record | Unreadable]:
    if part.get("sql"):
        if source.sql is None:
            raise ConfigError("source.sql", None, "must be given for a part that reads SQL; plan the run again")
        url = read_secret(source.sql.url_env)
        if url is None:
            raise ConfigError(
                f"source.sql.url_env: {source.sql.url_env}", None, "must contain the SQLAlchemy URL of the source"
            )
        yield from read_sql(source.sql, url, max_record_mb=source.max_record_mb)
        return
    for url in part["files"]:
        yield from read_file(url, max_record_mb=source.max_record_mb, max_expansion=source.max_expansion)


def _with_progress(items: Iterator[Record | Unreadable], number: int, clock: Clock) -> Iterator[Record | Unreadable]:
    """The items, with a line in the log every few seconds."""
    said = clock.monotonic()
    for read, item in enumerate(items, 1):
        yield item
        # The clock is asked now and then: it costs as much as a small record.
        if read % 64 == 0 and clock.monotonic() - said >= _SAY_EVERY_S:
            said = clock.monotonic()
            log.info("extract part %s: %s read", number, count(read, "record"))


class _Batch:
    """Rows that wait to be scrubbed and staged.

    Kept column by column, and not as the records, since the garbage collector would visit each object of these again and again.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.hashes: list[str] = []
        self.sample_keys: list[str] = []
        self.dates: list[datetime | None] = []
        self.languages: list[str | None] = []
        self.labels: list[dict[str, Any] | None] = []
        self.places: list[str] = []
        self.ends = [0]
        self.roles: list[str] = []
        self.said: list[str] = []
        self.chars = 0

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, record: Record, lake_id: str, key: str, language: str | None, labels: dict[str, Any] | None) -> None:
        conversation = record.conversation
        self.ids.append(lake_id)
        # Hash of the original text: different conversations may become equal by scrubbing, but are not duplicates.
        self.hashes.append(content_hash(conversation.turns))
        self.sample_keys.append(key)
        self.dates.append(conversation.started_at)
        self.languages.append(language)
        self.labels.append(labels)
        self.places.append(record.place)
        self.roles += [turn.role for turn in conversation.turns]
        self.said += [turn.content for turn in conversation.turns]
        self.ends.append(len(self.said))
        self.chars += record.chars

    def rows(self) -> pa.RecordBatch:
        char_ends = list(accumulate(map(len, self.said), initial=0))
        columns = {
            "conversation_id": self.ids,
            "content_hash": self.hashes,
            "sample_key": self.sample_keys,
            "started_at": self.dates,
            "language": self.languages,
            "turns": turns_column(self.ends, self.roles, self.said),
            "chars": [char_ends[end] - char_ends[start] for start, end in pairwise(self.ends)],
            "n_turns": [end - start for start, end in pairwise(self.ends)],
            "place": self.places,
            "labels_json": [json.dumps(labels) if labels else None for labels in self.labels],
        }
        return pa.RecordBatch.from_arrays([pa.array(columns[f.name], f.type) for f in STAGED], schema=STAGED)


class _Stager:
    """Decides about each record and hands rows on in batches of bounded size."""

    def __init__(self, config: PipelineConfig, week: Week, classifiers: Collection[str], forgotten: Forgotten) -> None:
        self._forgotten = forgotten or None
        self._sample = config.sample
        self._start, self._end = week.start, week.end
        self._all_dates = config.source.dates == "ignore"
        self._scrubber: Scrubber = make_scrubber(config.scrub)
        self._removes_invisible = config.scrub.invisible == "remove"
        self._batch = _Batch()
        self._lake_id = lake_ids(config.source).of
        self.fields = FreeFields(classifiers)
        self.tally = _ExtractCounts()

    def take(self, item: Record | Unreadable, sink: ParquetSink, add: AddEntry, note: AddEntry) -> None:
        tally = self.tally
        tally.read += 1
        if isinstance(item, Unreadable):
            tally.unreadable += 1
            add(item.place, item.reason, item.detail)
            return
        conversation = item.conversation
        tally.see(conversation.started_at)
        if not self._belongs(conversation.started_at):
            tally.outside_week += 1
            return
        lake_id = self._lake_id(conversation.id)
        # Ids are given to `semtel forget` as the source or as the lake has them.
        if self._forgotten is not None and (conversation.id in self._forgotten or lake_id in self._forgotten):
            tally.forgotten += 1
            return
        key = sample_key(lake_id, self._sample.salt)
        if not passes_rate(key, self._sample.rate):
            tally.not_sampled += 1
            return
        if item.repair is not None:
            tally.repaired += 1
            note(item.place, "repaired", item.repair)
        labels = self.fields.labels(conversation.labels) if conversation.labels else None
        self._batch.add(item, lake_id, key, self.fields.language(conversation.language), labels)
        if len(self._batch) >= _BATCH_ROWS or self._batch.chars >= _BATCH_CHARS:
            self.flush(sink)

    def flush(self, sink: ParquetSink) -> None:
        batch, self._batch = self._batch, _Batch()
        if len(batch):
            self._scrub(batch.said)
            labels = [each for each in batch.labels if each]
            self.tally.scrubbed.update(scrub_labels(labels, self._scrubber, invisible=self._removes_invisible))
            sink.write_batch(batch.rows())
            self.tally.staged_rows += len(batch)

    def _belongs(self, started_at: datetime | None) -> bool:
        """A record without a date belongs to whatever week is run."""
        return self._all_dates or started_at is None or self._start <= started_at < self._end

    def _scrub(self, said: list[str]) -> None:
        """Scrub what is said in all turns of a batch, in its place."""
        # First, so that the scrubber sees through keys and names that hidden characters split.
        for at, seen in (all_visible(said) if self._removes_invisible else {}).items():
            said[at] = seen.text
            self.tally.scrubbed["invisible"] += seen.hidden
        for at, scrubbed in self._scrubber.scrub_all(said).items():
            said[at] = scrubbed.text
            self.tally.scrubbed.update({pii.value: count for pii, count in scrubbed.counts.items()})


def _label_keys(plan: RunPlan) -> frozenset[str]:
    """What a label of the source may be for: the classifiers of the run, and all others of its folder."""
    in_folder = prompt_ids(plan.prompts) if plan.prompts.is_dir() else ()
    return frozenset((*plan.classifiers, *in_folder))
