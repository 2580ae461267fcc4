"""What the rows of an alignment's runs say: answers, how they were given, and by whom."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from semtel_ops.alignment import Answer
from semtel_ops.alignment.measure import estimate_of
from semtel_ops.alignment.results import Service
from semtel_ops.errors import StoreError
from semtel_ops.evaluation import Share, flips
from semtel_ops.evaluation.comparison import spelled
from semtel_ops.evaluation.intervals import clustered_share
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import ShardRef
from semtel_ops.store import sql_engine
from semtel_ops.store.files import exists
from semtel_ops.words import RowStatus

_COLUMNS = (
    "conversation_id", "classifier", "label", "labels", "status", "lane", "model", "served_model", "labeller", "latency_ms",
    "cost_usd", "sample_weight",
)  # fmt: skip
_INVALID = frozenset({RowStatus.INVALID_OUTPUT, RowStatus.REFUSED})


@dataclass(slots=True)
class RunAnswers:
    """The rows of one run for one classifier.

    Attributes:
        answers: conversation → answer, of rows with a label.
        aside: conversations that are in the set only because people labelled them.
        rows: all rows.
        invalid: rows whose reply could not be read, or was a refusal.
        unanswered: rows without any reply.
        latencies_ms: of realtime replies.
        cost_usd: of all rows; None where a price is not known.
        labellers, served: labeller ids, and models that answered → rows.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    cost_usd: float | None = 0.0
    labellers: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)

    def add(self, row: dict[str, Any], *, has_items: bool) -> None:
        name, labels = row["conversation_id"], row["labels"] or ()
        self.rows[name] += 1
        if row["sample_weight"] == 0:
            self.aside.add(name)
        if row["status"] == RowStatus.SUCCESS:
            category = spelled(row["label"], row["labels"])
            assert category is not None, name
            if has_items:
                self.answers[name] = Answer(category, frozenset({category}), frozenset(labels))
            else:
                self.answers[name] = Answer.of(category)
        elif row["status"] in _INVALID:
            self.invalid[name] += 1
        else:
            self.unanswered += 1
        if row["lane"] == "realtime" and row["latency_ms"]:
            self.latencies_ms.append(row["latency_ms"])
        if row["model"] is not None:
            self._pay(row["cost_usd"])
        if row["labeller"]:
            self.labellers[row["labeller"]] += 1
            self.served[row["served_model"] or row["model"]] += 1

    def _pay(self, cost_usd: float | None) -> None:
        self.cost_usd = None if cost_usd is None or self.cost_usd is None else self.cost_usd + cost_usd


def answers_of(run: RunPlan, shards: Sequence[ShardRef], with_items: frozenset[str]) -> dict[str, RunAnswers]:
    """Classifier → what a run's rows say.

    Args:
        shards: of the set.
        with_items: classifiers whose `labels` are items of a rubric.

    Raises:
        StoreError: the run has not landed.
    """
    urls = [run.folder.landed(shard["shard"]) for shard in shards if shard["conversations"]]
    if not urls or not all(map(exists, urls)):
        raise StoreError(f"run {run.run_id} of the alignment has not landed; label the set first")
    found: dict[str, RunAnswers] = defaultdict(RunAnswers)
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, _COLUMNS)
        for row in sql_engine.records(con, "select * from landed order by conversation_id"):
            found[row["classifier"]].add(row, has_items=row["classifier"] in with_items)
    return found


def service_of(classifier: str, repeats: Sequence[RunAnswers]) -> Service:
    """How a labeller answered, over its repeats."""
    labels = [{(name, classifier): answer.category for name, answer in each.answers.items()} for each in repeats]
    flipped = flips(labels, [classifier])[0].share
    rows, invalid = (
        sum((each.rows for each in repeats), Counter[str]()),
        sum((each.invalid for each in repeats), Counter[str]()),
    )
    names = sorted(rows)
    share: Share = clustered_share([invalid[name] for name in names], [rows[name] for name in names])
    latencies = sorted(latency for each in repeats for latency in each.latencies_ms)
    first = repeats[0]
    n = len(first.rows)
    return Service(
        flips=estimate_of(flipped),
        invalid=estimate_of(share),
        unanswered=sum(each.unanswered for each in repeats) / rows.total() if rows else 0.0,
        cost_usd=first.cost_usd,
        cost_per_1000_usd=None if first.cost_usd is None or not n else 1000 * first.cost_usd / n,
        latency_p50_ms=statistics.median(latencies) if latencies else None,
        latency_p95_ms=latencies[min(int(0.95 * len(latencies)), len(latencies) - 1)] if latencies else None,
        latency_n=len(latencies),
    )


def most_frequent(counts: Sequence[Counter[str]]) -> tuple[str, ...]:
    """What was counted, the most frequent first."""
    total = sum(counts, Counter[str]())
    return tuple(sorted(total, key=lambda name: (-total[name], name)))
